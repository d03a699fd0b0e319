package io.github.clnorm.tools.survey;

import java.io.IOException;

/** Lines to and from another program. */
interface Conversation extends AutoCloseable {

    /** Sends a line. */
    void send(String line) throws IOException;

    /**
     * Receives a line.
     *
     * @param nanoseconds to wait, at most
     * @return the line; null if the program has ended or the time is over
     */
    String receive(long nanoseconds) throws IOException;

    /** Why there is no further line: the last words of the program, or that it did not answer. */
    String lastWords();

    /** Ends the program. */
    @Override
    void close();
}
