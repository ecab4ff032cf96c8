def pixels(image, height, width, channels, first):
    # The picture as numbers from 0 to 1 in the shape that the model wants; `first` puts the channels before height and width.
    import numpy

    image = image.convert("L" if channels == 1 else "RGB").resize((width or IMAGE_SIZE, height or IMAGE_SIZE))
    values = numpy.asarray(image, dtype="float32") * IMAGE_SCALE
    values = values.reshape(values.shape[0], values.shape[1], -1)
    return (values.transpose(2, 0, 1) if first else values)[None]


def fitted(image, shape):
    # `shape` as frameworks tell it: batch, then height, width and channels in either order; unknown sizes are no numbers.
    sizes = [size if isinstance(size, int) and size > 0 else None for size in shape]
    if len(sizes) != 4:
        raise ValueError("this model takes no pictures: its input has the shape %s" % (tuple(shape),))
    first = sizes[1] in (1, 3) and sizes[3] not in (1, 3)
    channels, height, width = (sizes[1], sizes[2], sizes[3]) if first else (sizes[3], sizes[1], sizes[2])
    return pixels(image, height, width, channels, first)


IMAGE_SIZE = 224
IMAGE_SCALE = 1 / 255.0
