"""The spiders: they extract sightings of photos and nothing else."""
