"""What exists: releases, their files and what they declare, from the live index or a frozen snapshot."""
