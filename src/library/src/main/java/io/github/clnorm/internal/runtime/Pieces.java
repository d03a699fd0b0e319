package io.github.clnorm.internal.runtime;

import io.github.clnorm.type.Piece;

/** A way for the content of an allocation to travel between Java and the device. Thread-safe. */
interface Pieces {

    /**
     * Copies to the device, and blocks until the source was read.
     *
     * @param to the target, marked as being filled
     * @param source fills every piece completely; part of the library, and called by several threads at a time
     */
    void write(Allocation to, Piece source);

    /**
     * Copies from the device, after all that is enqueued, and blocks until the target was filled.
     *
     * @param from the source
     * @param target takes every piece; part of the library, and called by several threads at a time
     * @param check called when the device's part of a piece is done
     */
    void read(Allocation from, Piece target, Unchanged check);

    /** Checks that the source was not written since the transfer began. */
    interface Unchanged {
        /**
         * Throws if it was.
         *
         * @param inPieces false if one command reads all: commands of the same queue cannot change what it sees
         */
        void check(boolean inPieces);
    }
}
