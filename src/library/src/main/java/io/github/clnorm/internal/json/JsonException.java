package io.github.clnorm.internal.json;

/** Text that is not the JSON that was expected; the message says where. */
public class JsonException extends RuntimeException {

    /**
     * Something is wrong with a text.
     *
     * @param message what, in one line unless a key of the text has several
     */
    public JsonException(String message) {
        super(message);
    }
}
