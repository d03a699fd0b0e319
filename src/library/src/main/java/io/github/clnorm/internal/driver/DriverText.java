package io.github.clnorm.internal.driver;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Cleans text from drivers, which may contain any bytes and is printed in terminals, JSON documents, HTML pages and
 * exception messages. Thread-safe.
 */
public final class DriverText {

    /** Characters of a name at most. A longer name ends with an ellipsis. */
    static final int MAX_NAME = 200;

    // ECMA-48: CSI sequences (colours), OSC sequences (window titles), then other escapes of two characters.
    private static final Pattern ESCAPE_SEQUENCES = Pattern.compile(
            "(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]|\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)?|\\x1b[ -~]?");

    private DriverText() {}

    /**
     * Cleans a name: one line of printable characters.
     *
     * @param bytes UTF-8, up to the first zero byte or the end
     * @return the text without control characters, escape sequences and direction marks; invalid UTF-8 is replaced by
     *     U+FFFD
     */
    static String name(byte[] bytes) {
        String printable = printable(text(bytes));
        if (printable.length() <= MAX_NAME) {
            return printable;
        }
        int end = Character.isHighSurrogate(printable.charAt(MAX_NAME - 2)) ? MAX_NAME - 2 : MAX_NAME - 1;
        return printable.substring(0, end) + "\u2026";
    }

    /** Decodes the text up to the first zero byte, uncleaned: for searching, not for printing. */
    static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /**
     * Cleans a text of a driver or of the dynamic linker to one line.
     *
     * @param text the text
     * @return the text, in which a space replaces each run of control characters, invisible marks and unassigned
     *     characters
     */
    public static String printable(String text) {
        StringBuilder kept = new StringBuilder();
        boolean gap = false;
        int[] points =
                ESCAPE_SEQUENCES.matcher(text).replaceAll("").codePoints().toArray();
        for (int point : points) {
            if (!isPrintable(point)) {
                gap = true;
                continue;
            }
            if (gap && kept.length() > 0) {
                kept.append(' ');
            }
            gap = false;
            kept.appendCodePoint(point);
        }
        return kept.toString().strip();
    }

    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
