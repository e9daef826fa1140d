"""The trends service: what is worn, what is rising?"""
