package io.github.clnorm.internal.opencl;

import io.github.clnorm.device.ClException;
import java.nio.ByteBuffer;

/**
 * The OpenCL calls that clnorm makes on one device, one method a call. Every method throws {@link ClException} when
 * OpenCL answers with an error. Handles stay valid until they are released; nothing here is checked twice.
 *
 * <p>Thread-safe in part: {@link #write}, {@link #read} and {@link #finish} block and may be called by several threads at a
 * time, also while another thread makes any other call. Of all other calls there is one at a time.
 */
public interface OpenCl extends AutoCloseable {

    /**
     * A buffer on the device.
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
     * The time of an enqueued launch, once it is finished.
     *
     * @param handle the implementation's own
     */
    record Event(Object handle) {}

    /**
     * Allocates a buffer, whose content is undefined.
     *
     * @param bytes its size, more than 0
     * @return the buffer
     */
    Memory createBuffer(long bytes);

    /**
     * Gives a buffer back. Commands already enqueued still find it.
     *
     * @param memory the buffer
     */
    void release(Memory memory);

    /**
     * Copies from the host, and waits.
     *
     * @param memory where to
     * @param offset first byte in the buffer
     * @param source a direct buffer; its remaining bytes are copied, its position is not changed
     */
    void write(Memory memory, long offset, ByteBuffer source);

    /**
     * Copies to the host, and waits.
     *
     * @param memory where from
     * @param offset first byte in the buffer
     * @param target a direct buffer; its remaining bytes are filled, its position is not changed
     */
    void read(Memory memory, long offset, ByteBuffer target);

    /**
     * Enqueues a copy between buffers.
     *
     * @param from the source
     * @param to the target
     * @param bytes how many, from the beginning of both
     */
    void copy(Memory from, Memory to, long bytes);

    /**
     * Enqueues setting all of a buffer.
     *
     * @param memory the target
     * @param pattern 1, 2, 4 or 8 bytes, which are repeated
     * @param bytes how many are set, from the beginning; a multiple of the pattern's
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
     * What the driver made of a program.
     *
     * @param program the program
     * @return the binary for {@link #load}; empty where the driver has none to give
     */
    byte[] binary(Program program);

    /**
     * Takes a program that was compiled before.
     *
     * @param binary of the same device and driver
     * @param options those that it was compiled with
     * @return the program
     * @throws ClException when the driver does not take it
     */
    Program load(byte[] binary, String options);

    /**
     * Gives a program back.
     *
     * @param program the program
     */
    void release(Program program);

    /**
     * Looks a kernel up.
     *
     * @param program a program
     * @param name the kernel's name
     * @return the kernel
     */
    Kernel createKernel(Program program, String name);

    /**
     * Gives a kernel back.
     *
     * @param kernel the kernel
     */
    void release(Kernel kernel);

    /**
     * How many work-items a work-group of this kernel may have here; may be less than the device's limit.
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
     * Enqueues a one-dimensional launch behind everything enqueued before.
     *
     * @param kernel the kernel, with all arguments set
     * @param workGroups how many work-groups
     * @param workGroupSize work-items of each
     * @param timed whether to return an event
     * @return the event, or null
     */
    Event enqueue(Kernel kernel, long workGroups, int workGroupSize, boolean timed);

    /**
     * How long a finished launch ran on the device.
     *
     * @param event the launch
     * @return nanoseconds
     */
    long nanoseconds(Event event);

    /**
     * Gives an event back.
     *
     * @param event the event
     */
    void release(Event event);

    /** Sends what is enqueued to the device. */
    void flush();

    /** Waits until everything enqueued is done. */
    void finish();

    /** Gives queue and context back. Does not throw. */
    @Override
    void close();
}
