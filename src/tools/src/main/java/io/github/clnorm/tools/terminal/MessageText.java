package io.github.clnorm.tools.terminal;

/** Pieces of messages. */
public final class MessageText {

    private MessageText() {}

    /** A text without line breaks and control characters. */
    public static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*|\\p{Cntrl}", " ");
    }

    /** Such as {@code 1 launch} and {@code 2 launches}. */
    public static String count(long number, String thing) {
        String plural = thing.endsWith("ch") ? thing + "es" : thing + "s";
        return number + " " + (number == 1 ? thing : plural);
    }
}
