package io.github.clnorm.spark;

/** What happens to a row without a valid sample. Immutable and thread-safe. */
enum OnBadRow {
    FAIL,
    NULL;

    static OnBadRow parse(String text) {
        return switch (text) {
            case "fail" -> FAIL;
            case "null" -> NULL;
            default -> throw new IllegalArgumentException("onBadRow: expected fail or null, got '" + text + "'");
        };
    }
}
