package io.github.clnorm.tools.terminal;

/** Pieces of messages. */
public final class MessageText {

    private MessageText() {}

    /** The text with each line break and control character replaced by a space. */
    public static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*|\\p{Cntrl}", " ");
    }
}
