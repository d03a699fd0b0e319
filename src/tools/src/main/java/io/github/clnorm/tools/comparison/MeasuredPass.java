package io.github.clnorm.tools.comparison;

import io.github.clnorm.tools.measure.Direction;

/**
 * A pass of a workload, which identifies a row in every run.
 *
 * @param workload such as {@code group_norm 2x320x64x64 G=32}
 * @param type of the elements, such as {@code float32}
 * @param layout such as {@code channels_last}; empty for operations without channels
 * @param direction forward or backward
 */
public record MeasuredPass(String workload, String type, String layout, Direction direction) {

    /**
     * The operation's name.
     *
     * @return such as {@code group_norm}
     */
    public String operation() {
        return workload.split(" ", 2)[0];
    }

    /**
     * The workload with its type and layout.
     *
     * @return such as {@code group_norm 2x320x64x64 G=32, float32, channels_first}
     */
    public String form() {
        return workload + ", " + type + (layout.isEmpty() ? "" : ", " + layout);
    }

    @Override
    public String toString() {
        return form() + ", " + direction;
    }
}
