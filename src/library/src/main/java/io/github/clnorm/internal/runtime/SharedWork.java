package io.github.clnorm.internal.runtime;

import io.github.clnorm.type.Piece;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Shares the copy of a large piece among threads. One thread of Java reaches 0.6 of {@code memcpy}'s rate, since HotSpot's copy
 * loads each cache line that it overwrites; two reach 1. Threads take chunks as they come, so a helper that the system runs late delays
 * nothing but its chunk.
 */
final class SharedWork {

    private static final int CHUNK_BYTES = 1 << 19;
    // Memory, not arithmetic, is the limit.
    private static final int MOST_THREADS = 4;

    private SharedWork() {}

    /**
     * Calls a function for each chunk of a piece, by the caller's thread and helpers, and blocks until all are done.
     *
     * @param at offset of the piece
     * @param piece the piece
     * @param work takes or fills a chunk; called by several threads at a time
     */
    static void run(long at, ByteBuffer piece, Piece work) {
        int bytes = piece.capacity();
        int chunks = (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
        int threads = Math.min(Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()), chunks);
        AtomicLong next = new AtomicLong();
        Runnable share = () -> {
            for (long chunk = next.getAndIncrement(); chunk < chunks; chunk = next.getAndIncrement()) {
                int from = (int) chunk * CHUNK_BYTES;
                work.at(
                        at + from,
                        piece.slice(from, Math.min(CHUNK_BYTES, bytes - from)).order(piece.order()));
            }
        };
        List<CompletableFuture<Void>> helpers = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            helpers.add(NativeCalls.start(share));
        }
        try {
            share.run();
        } finally {
            // After a failure too: a helper may still be in the piece.
            next.set(chunks);
            await(helpers);
        }
    }

    private static void await(List<CompletableFuture<Void>> helpers) {
        CompletionException failure = null;
        for (CompletableFuture<Void> helper : helpers) {
            try {
                helper.join();
            } catch (CompletionException e) {
                failure = e;
            }
        }
        if (failure != null && failure.getCause() instanceof RuntimeException cause) {
            throw cause;
        }
        if (failure != null) {
            throw failure;
        }
    }
}
