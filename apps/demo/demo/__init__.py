"""The whole system on one machine, without containers: crawl, wait, print what was found and how far it is from the truth.

`run` is one run from start to end; `sources` says what it crawls; `collect` asks the services what they found;
`against_truth` compares that with the look-book; `tables`, `html_page` and `outfit_lines` show it.
"""
