"""The color service: which colours?"""
