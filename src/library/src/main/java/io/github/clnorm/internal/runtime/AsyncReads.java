package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.Piece;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads that do not block. Each enqueues a copy to host memory at once, so commands that are enqueued later do not change what it
 * reads. While reads are pending, one daemon thread of {@link NativeCalls} waits for them in order. It never runs the caller's code:
 * futures are completed on their default executor. Closing the session waits for pending reads. Thread-safe.
 */
final class AsyncReads {

    // A ByteBuffer has less than 2 GB.
    private static final int PART_BYTES = 1 << 30;

    private final Session session;
    private final OpenCl openCl;
    private final OpenDevice open;
    // The session's lock guards the rest.
    private final HostMemory memory;
    private final Deque<Pending<?>> pending = new ArrayDeque<>();
    private boolean isAwaited;

    /**
     * A read.
     *
     * @param host memory that the content is copied to
     * @param parts the mapped memory
     * @param result creates the result
     * @param filling the target for a result's pieces; called by several threads at a time
     */
    private record Pending<T>(
            OpenCl.Memory host,
            long bytes,
            List<OpenCl.Mapped> parts,
            Supplier<T> result,
            Function<T, Piece> filling,
            CompletableFuture<T> future) {}

    AsyncReads(Session session, OpenCl openCl, OpenDevice open, HostMemory memory) {
        this.session = session;
        this.openCl = openCl;
        this.open = open;
        this.memory = memory;
    }

    /**
     * Reads a buffer after all that is enqueued.
     *
     * @param buffer of more than 0 bytes; may be closed afterwards
     * @param result creates the result
     * @param filling the target for a result's pieces
     * @throws IllegalStateException if the buffer cannot be read
     */
    <T> CompletableFuture<T> read(DeviceBuffer buffer, Supplier<T> result, Function<T, Piece> filling) {
        try {
            return session.exclusively(() -> {
                open.checkOpen();
                AccessChecks.toHost(buffer.access(), buffer.bytes());
                OpenCl.Memory from = buffer.allocation().memory(session.order());
                Pending<T> read = enqueued(from, buffer.bytes(), result, filling);
                pending.add(read);
                open.enter();
                if (!isAwaited) {
                    isAwaited = true;
                    NativeCalls.start(this::awaitAll);
                }
                return read.future;
            });
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private <T> Pending<T> enqueued(OpenCl.Memory from, long bytes, Supplier<T> result, Function<T, Piece> filling) {
        OpenCl.Memory host = memory.take(bytes);
        List<OpenCl.Mapped> parts = new ArrayList<>();
        try {
            openCl.copy(from, host, bytes);
            for (long at = 0; at < bytes; at += PART_BYTES) {
                parts.add(openCl.enqueueMap(host, at, Math.min(PART_BYTES, bytes - at), OpenCl.Access.READ));
            }
            openCl.flush();
        } catch (RuntimeException e) {
            openCl.release(host);
            throw e;
        }
        return new Pending<>(host, bytes, parts, result, filling, new CompletableFuture<>());
    }

    private void awaitAll() {
        for (Pending<?> next = next(); next != null; next = next()) {
            complete(next);
        }
    }

    private Pending<?> next() {
        return session.exclusively(() -> {
            Pending<?> next = pending.poll();
            isAwaited = next != null;
            return next;
        });
    }

    private <T> void complete(Pending<T> read) {
        T result = null;
        Throwable failure = null;
        try {
            result = awaited(read);
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        try {
            session.exclusively(() -> release(read));
        } catch (RuntimeException e) {
            failure = failure == null ? e : failure;
        }
        T values = result;
        Throwable reason = failure;
        read.future.defaultExecutor().execute(() -> {
            if (reason == null) {
                read.future.complete(values);
            } else {
                read.future.completeExceptionally(reason);
            }
        });
    }

    private <T> T awaited(Pending<T> read) {
        read.parts.forEach(part -> openCl.await(part.ready()));
        T result = read.result.get();
        Piece target = read.filling.apply(result);
        long at = 0;
        for (OpenCl.Mapped part : read.parts) {
            ByteBuffer bytes = part.bytes();
            SharedWork.run(at, bytes, target);
            at += bytes.capacity();
        }
        return result;
    }

    private void release(Pending<?> read) {
        try {
            for (OpenCl.Mapped part : read.parts) {
                openCl.unmap(read.host, part.bytes());
                openCl.release(part.ready());
            }
            openCl.flush();
            memory.keep(read.host, read.bytes);
        } finally {
            open.leave();
        }
    }
}
