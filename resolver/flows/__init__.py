"""The recipes: resolve, crawl, train, feedback. They join rooms through seams and plain values."""
