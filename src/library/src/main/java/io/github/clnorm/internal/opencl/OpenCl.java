package io.github.clnorm.internal.opencl;

import io.github.clnorm.device.ClException;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * The OpenCL calls that clnorm makes on one device, one method for each. Every method throws {@link ClException} when OpenCL
 * reports an error. Handles stay valid until they are released. Arguments are not checked again.
 *
 * <p>Partly thread-safe: several threads may call {@link #write}, {@link #read}, {@link #map}, {@link #await} and
 * {@link #finish}, which block, at the same time as any other call. All other calls must be made one at a time.
 */
public interface OpenCl extends AutoCloseable {

    /**
     * The context. Two ports on one context return equal objects.
     *
     * @return the context; null for a port without one
     */
    Object context();

    /**
     * A buffer on the device. Two are equal if they are the same OpenCL object.
     *
     * @param handle the implementation's own
     */
    record Memory(Object handle) {}

    /**
     * A built program.
     *
     * @param handle the implementation's own
     */
    record Program(Object handle) {}

    /**
     * A kernel of a program.
     *
     * @param handle the implementation's own
     * @param name its name in the source
     */
    record Kernel(Object handle, String name) {}

    /**
     * The completion of enqueued commands.
     *
     * @param handle the implementation's own
     */
    record Event(Object handle) {}

    /** What the host does with mapped memory. */
    enum Access {
        /** Reads it. */
        READ,
        /** Overwrites all of it; its content is undefined before. */
        OVERWRITE,
        /** Reads and writes it. */
        READ_AND_WRITE
    }

    /**
     * A part of a buffer that the host will be able to access.
     *
     * @param bytes the content in native byte order, valid once the event has happened
     * @param ready the event
     */
    record Mapped(ByteBuffer bytes, Event ready) {}

    /**
     * Allocates a buffer, whose content is undefined.
     *
     * @param bytes its size, more than 0
     * @return the buffer
     */
    Memory createBuffer(long bytes);

    /**
     * Allocates a buffer in host memory that the driver transfers at the bus's full rate (pinned). Its content is
     * undefined.
     *
     * @param bytes its size, more than 0
     * @return the buffer
     */
    Memory createPinnedBuffer(long bytes);

    /**
     * A buffer on memory of the host. A device that shares the host's memory works on it.
     *
     * @param host a direct buffer; its remaining bytes are the content. Must stay reachable until the commands on the buffer
     *     are done
     * @return the buffer
     */
    Memory createBufferOn(ByteBuffer host);

    /**
     * A part of a buffer as a buffer of its own, on the same memory and with the same flags.
     *
     * @param parent a buffer that is no sub-buffer itself
     * @param offset its first byte, a multiple of {@link #subBufferAlignment()}
     * @param bytes its size, more than 0
     * @return the sub-buffer, which keeps its parent alive; the caller releases it
     */
    Memory createSubBuffer(Memory parent, long offset, long bytes);

    /**
     * What the offset of a sub-buffer must be a multiple of on this device.
     *
     * @return bytes
     */
    long subBufferAlignment();

    /**
     * Describes a memory object of a caller.
     *
     * @param memory the object
     * @return its attributes
     */
    MemoryInfo describe(Memory memory);

    /**
     * Adds a reference to a buffer of a caller, for a later {@link #release(Memory)}.
     *
     * @param memory the buffer
     */
    void retain(Memory memory);

    /**
     * Releases a buffer, after the commands that are enqueued on it.
     *
     * @param memory the buffer
     */
    void release(Memory memory);

    /**
     * Returns whether the device works in the host's memory. Mapped memory is then the buffer itself.
     *
     * @return true for CPUs and integrated GPUs
     */
    boolean sharesHostMemory();

    /**
     * Gives the host access to a part of a buffer, after all that is enqueued. Blocks until that is done.
     *
     * @param memory the buffer. Until {@link #unmap}, no command may write it, and none may read what the host writes
     * @param offset first byte of the part
     * @param bytes size of the part, at most 2<sup>31</sup> - 1
     * @param access what the host does with the part
     * @return the part in native byte order
     */
    ByteBuffer map(Memory memory, long offset, long bytes, Access access);

    /**
     * Enqueues giving the host access to a part of a buffer.
     *
     * @param memory the buffer. Until {@link #unmap}, no command may write it, and none may read what the host writes
     * @param offset first byte of the part
     * @param bytes size of the part, at most 2<sup>31</sup> - 1
     * @param access what the host does with the part
     * @return the part, and when it can be read
     */
    Mapped enqueueMap(Memory memory, long offset, long bytes, Access access);

    /**
     * Enqueues the end of the host's access.
     *
     * @param memory the buffer
     * @param mapped what mapping it returned
     */
    void unmap(Memory memory, ByteBuffer mapped);

    /**
     * Copies from the host. Blocks until that is done.
     *
     * @param memory the target
     * @param offset first byte in the buffer
     * @param source a direct buffer of bytes, shorts, floats or doubles; its remaining elements are copied as they are, its
     *     position is not changed
     */
    void write(Memory memory, long offset, Buffer source);

    /**
     * Copies to the host, after all that is enqueued. Blocks until that is done.
     *
     * @param memory the source
     * @param offset first byte in the buffer
     * @param target a direct buffer of bytes, shorts, floats or doubles; its remaining elements are filled, its position is
     *     not changed
     */
    void read(Memory memory, long offset, Buffer target);

    /**
     * Enqueues a copy between buffers.
     *
     * @param from the source
     * @param to the target
     * @param bytes the size, from the beginning of both
     */
    void copy(Memory from, Memory to, long bytes);

    /**
     * Enqueues setting all of a buffer.
     *
     * @param memory the target
     * @param pattern 1, 2, 4 or 8 bytes; repeated
     * @param bytes the size, from the beginning; a multiple of the pattern's
     */
    void fill(Memory memory, byte[] pattern, long bytes);

    /**
     * Compiles a program.
     *
     * @param source OpenCL C
     * @param options of the compiler
     * @return the program
     * @throws ClException with the compiler's log when the source does not build
     */
    Program build(String source, String options);

    /**
     * The driver's binary of a program.
     *
     * @param program the program
     * @return the binary for {@link #load}; empty if the driver has none
     */
    byte[] binary(Program program);

    /**
     * Loads a program that was compiled before.
     *
     * @param binary of the same device and driver
     * @param options the options that it was compiled with
     * @return the program
     * @throws ClException when the driver rejects it
     */
    Program load(byte[] binary, String options);

    /**
     * Releases a program.
     *
     * @param program the program
     */
    void release(Program program);

    /**
     * Creates a kernel of a program.
     *
     * @param program a program
     * @param name the kernel's name
     * @return the kernel
     */
    Kernel createKernel(Program program, String name);

    /**
     * Releases a kernel.
     *
     * @param kernel the kernel
     */
    void release(Kernel kernel);

    /**
     * The most work-items of a work-group of this kernel; may be less than the device's limit.
     *
     * @param kernel the kernel
     * @return the limit
     */
    long workGroupLimit(Kernel kernel);

    /**
     * Sets a pointer argument.
     *
     * @param kernel the kernel
     * @param index of the argument
     * @param memory the buffer, or null for a null pointer
     */
    void setArgument(Kernel kernel, int index, Memory memory);

    /**
     * Sets a {@code uint} argument.
     *
     * @param kernel the kernel
     * @param index of the argument
     * @param value the value
     */
    void setArgument(Kernel kernel, int index, int value);

    /**
     * Sets a {@code ulong} argument.
     *
     * @param kernel the kernel
     * @param index of the argument
     * @param value the value
     */
    void setArgument(Kernel kernel, int index, long value);

    /**
     * Sets a {@code float} argument.
     *
     * @param kernel the kernel
     * @param index of the argument
     * @param value the value
     */
    void setArgument(Kernel kernel, int index, float value);

    /**
     * Sets a {@code double} argument.
     *
     * @param kernel the kernel
     * @param index of the argument
     * @param value the value
     */
    void setArgument(Kernel kernel, int index, double value);

    /**
     * Sets the size of a local memory argument.
     *
     * @param kernel the kernel
     * @param index of the argument
     * @param bytes more than 0
     */
    void setLocalArgument(Kernel kernel, int index, long bytes);

    /**
     * Names the {@code ulong} argument that a kernel adds to the index of each work-group. A port may divide a launch of such
     * a kernel into several, which run at the same time. If it does, it builds programs with {@code -DFIXED_GRID=1}, and the
     * kernel follows {@code fixed_grid.cl}.
     *
     * @param kernel the kernel
     * @param index of the argument
     */
    void setFirstGroupArgument(Kernel kernel, int index);

    /**
     * Enqueues a one-dimensional launch.
     *
     * @param kernel the kernel, with all arguments set
     * @param workGroups the number of work-groups
     * @param workGroupSize work-items of each
     * @param timed whether to return an event
     * @return the event, or null
     */
    Event enqueue(Kernel kernel, long workGroups, int workGroupSize, boolean timed);

    /**
     * The time of a finished launch on the device.
     *
     * @param event the launch
     * @return nanoseconds
     */
    long nanoseconds(Event event);

    /**
     * An event that completes when everything enqueued before is done. Flushes the queue.
     *
     * @return the event; the caller releases it
     */
    Event mark();

    /**
     * Lets everything enqueued from now on wait for events. Does not block. Flushes the queues of the
     * events.
     *
     * @param events one or more of this context, of any queue
     */
    void waitFor(Event... events);

    /**
     * Describes an event of a caller.
     *
     * @param event the event
     * @return its attributes
     */
    EventInfo describe(Event event);

    /**
     * Blocks until an event has happened.
     *
     * @param event the event
     */
    void await(Event event);

    /**
     * Releases an event.
     *
     * @param event the event
     */
    void release(Event event);

    /** Sends what is enqueued to the device. */
    void flush();

    /** Blocks until everything enqueued is done. */
    void finish();

    /** Releases queue and context. Does not throw. */
    @Override
    void close();
}
