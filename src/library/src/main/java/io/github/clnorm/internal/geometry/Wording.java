package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * Whose names a message uses for what mends a request: a Java program's, or those of the command line.
 *
 * <p>Immutable and thread-safe.
 */
public enum Wording {
    /** {@code layout(CHANNELS_LAST)}. */
    LIBRARY {
        @Override
        String layout(Layout layout) {
            return "layout(" + layout.name() + ")";
        }
    },
    /** {@code --layout channels_last}. */
    COMMAND_LINE {
        @Override
        String layout(Layout layout) {
            return "--layout " + layout;
        }
    };

    abstract String layout(Layout layout);

    /**
     * Names the other layout, where the channels would fit in it.
     *
     * @param shape of an input, two dimensions or more
     * @param layout that it was read in, and in which its channels do not fit
     * @param channels that were expected
     * @return the end of a message; empty where the other layout does not fit either
     */
    public String remedy(long[] shape, Layout layout, long channels) {
        Layout other = layout == Layout.CHANNELS_FIRST ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST;
        int axis = other.channelAxis(shape.length);
        if (shape.length < 3 || shape[axis] != channels) {
            return "";
        }
        return "; its dimension " + axis + " has " + channels + ": if these are the channels, use " + layout(other);
    }
}
