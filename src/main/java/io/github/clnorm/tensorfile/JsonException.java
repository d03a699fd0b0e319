package io.github.clnorm.tensorfile;

/** Text that is not the JSON that was expected; the message says where. */
final class JsonException extends RuntimeException {

    JsonException(String message) {
        super(message);
    }
}
