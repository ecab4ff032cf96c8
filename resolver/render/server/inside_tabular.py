picture = None


def table(inputs, names):
    # Rows as they come, or objects by column name.
    import numpy

    rows = inputs if isinstance(inputs, list) else [inputs]
    if rows and isinstance(rows[0], dict):
        columns = list(names) if names is not None and len(names) else sorted(rows[0])
        rows = [[row[name] for name in columns] for row in rows]
    if rows and not isinstance(rows[0], (list, str)):
        rows = [rows]
    if rows and isinstance(rows[0], str):
        return rows
    found = numpy.asarray(rows)
    if found.ndim < 2 or found.dtype == object:
        raise ValueError("send rows of equal length")
    return found
