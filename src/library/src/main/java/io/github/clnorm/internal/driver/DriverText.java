package io.github.clnorm.internal.driver;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Text from a driver, made fit to print: names go into terminals, JSON documents, HTML pages and exception messages, and
 * a driver may put anything into them. Thread-safe.
 */
public final class DriverText {

    /** The longest text that is kept of a driver's answer, in characters; what is longer ends with an ellipsis. */
    static final int LONGEST_NAME = 200;

    // ECMA-48: CSI sequences such as colours, OSC sequences such as window titles, then the other escapes of two
    // characters.
    private static final Pattern ESCAPE_SEQUENCES = Pattern.compile(
            "(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]|\\x1b\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)?|\\x1b[ -~]?");

    private DriverText() {}

    /**
     * A name: one line of printable characters.
     *
     * @param bytes UTF-8, up to the first zero byte or the end
     * @return the text without control characters, escape sequences and marks that change the direction of writing; bytes
     *     that are not UTF-8 are replaced by U+FFFD
     */
    static String name(byte[] bytes) {
        String printable = printable(text(bytes));
        if (printable.length() <= LONGEST_NAME) {
            return printable;
        }
        int end = Character.isHighSurrogate(printable.charAt(LONGEST_NAME - 2)) ? LONGEST_NAME - 2 : LONGEST_NAME - 1;
        return printable.substring(0, end) + "\u2026";
    }

    /** The whole text up to the first zero byte: for words that are searched and not printed. */
    static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /**
     * Any text of a driver or of the dynamic linker on one line.
     *
     * @param text the text
     * @return the text with every run of control characters, invisible marks and unassigned characters replaced by a space
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
