package io.github.clnorm.internal.geometry;

import io.github.clnorm.type.Layout;

/**
 * The names that a message uses for a remedy: those of Java or those of the command line.
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
     * Names the other layout if the channels fit there.
     *
     * @param shape of an input, two dimensions or more
     * @param layout in which the channels do not fit
     * @param channels the expected number
     * @return the end of a message; empty if the other layout does not fit either
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
