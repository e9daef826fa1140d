"""One crawl: Scrapy spiders, pipelines, downloads."""
