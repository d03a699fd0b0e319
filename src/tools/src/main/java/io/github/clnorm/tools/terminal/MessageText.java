package io.github.clnorm.tools.terminal;

/** Pieces of messages. */
public final class MessageText {

    private MessageText() {}

    /** A text without line breaks and control characters. */
    public static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*|\\p{Cntrl}", " ");
    }
}
