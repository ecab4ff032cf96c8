"""Words to and from people; the only floor that prints, exits and catches the root exception."""
