"""From outcomes to a ranker: tables, splits, fitting, evaluation, tracking, and the champion under models/."""
