package io.github.clnorm.internal.json;

/** A text is not the JSON that was expected; the message says where. */
public class JsonException extends RuntimeException {

    /**
     * Creates one.
     *
     * @param message what is wrong, in one line unless it quotes a key that has several
     */
    public JsonException(String message) {
        super(message);
    }
}
