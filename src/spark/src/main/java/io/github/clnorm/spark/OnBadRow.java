package io.github.clnorm.spark;

import java.util.Objects;

/** What happens to a row without a valid sample. Immutable and thread-safe. */
enum OnBadRow {
    FAIL,
    NULL;

    static OnBadRow parse(String text) {
        return switch (Objects.requireNonNull(text, "onBadRow")) {
            case "fail" -> FAIL;
            case "null" -> NULL;
            default -> throw new IllegalArgumentException("onBadRow: expected fail or null, got '" + text + "'");
        };
    }
}
