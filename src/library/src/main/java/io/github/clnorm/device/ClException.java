package io.github.clnorm.device;

import java.util.Map;

/** An OpenCL call failed. Immutable and thread-safe. */
public final class ClException extends RuntimeException {

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(-1, "CL_DEVICE_NOT_FOUND"),
            Map.entry(-2, "CL_DEVICE_NOT_AVAILABLE"),
            Map.entry(-3, "CL_COMPILER_NOT_AVAILABLE"),
            Map.entry(-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE"),
            Map.entry(-5, "CL_OUT_OF_RESOURCES"),
            Map.entry(-6, "CL_OUT_OF_HOST_MEMORY"),
            Map.entry(-7, "CL_PROFILING_INFO_NOT_AVAILABLE"),
            Map.entry(-8, "CL_MEM_COPY_OVERLAP"),
            Map.entry(-11, "CL_BUILD_PROGRAM_FAILURE"),
            Map.entry(-12, "CL_MAP_FAILURE"),
            Map.entry(-13, "CL_MISALIGNED_SUB_BUFFER_OFFSET"),
            Map.entry(-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"),
            Map.entry(-15, "CL_COMPILE_PROGRAM_FAILURE"),
            Map.entry(-30, "CL_INVALID_VALUE"),
            Map.entry(-31, "CL_INVALID_DEVICE_TYPE"),
            Map.entry(-32, "CL_INVALID_PLATFORM"),
            Map.entry(-33, "CL_INVALID_DEVICE"),
            Map.entry(-34, "CL_INVALID_CONTEXT"),
            Map.entry(-35, "CL_INVALID_QUEUE_PROPERTIES"),
            Map.entry(-36, "CL_INVALID_COMMAND_QUEUE"),
            Map.entry(-37, "CL_INVALID_HOST_PTR"),
            Map.entry(-38, "CL_INVALID_MEM_OBJECT"),
            Map.entry(-42, "CL_INVALID_BINARY"),
            Map.entry(-43, "CL_INVALID_BUILD_OPTIONS"),
            Map.entry(-44, "CL_INVALID_PROGRAM"),
            Map.entry(-45, "CL_INVALID_PROGRAM_EXECUTABLE"),
            Map.entry(-46, "CL_INVALID_KERNEL_NAME"),
            Map.entry(-47, "CL_INVALID_KERNEL_DEFINITION"),
            Map.entry(-48, "CL_INVALID_KERNEL"),
            Map.entry(-49, "CL_INVALID_ARG_INDEX"),
            Map.entry(-50, "CL_INVALID_ARG_VALUE"),
            Map.entry(-51, "CL_INVALID_ARG_SIZE"),
            Map.entry(-52, "CL_INVALID_KERNEL_ARGS"),
            Map.entry(-53, "CL_INVALID_WORK_DIMENSION"),
            Map.entry(-54, "CL_INVALID_WORK_GROUP_SIZE"),
            Map.entry(-55, "CL_INVALID_WORK_ITEM_SIZE"),
            Map.entry(-56, "CL_INVALID_GLOBAL_OFFSET"),
            Map.entry(-57, "CL_INVALID_EVENT_WAIT_LIST"),
            Map.entry(-58, "CL_INVALID_EVENT"),
            Map.entry(-59, "CL_INVALID_OPERATION"),
            Map.entry(-61, "CL_INVALID_BUFFER_SIZE"),
            Map.entry(-63, "CL_INVALID_GLOBAL_WORK_SIZE"),
            Map.entry(-1001, "CL_PLATFORM_NOT_FOUND_KHR"));

    private static final int MEM_OBJECT_ALLOCATION_FAILURE = -4;
    private static final int OUT_OF_HOST_MEMORY = -6;

    /** OpenCL's error code. */
    private final int code;

    /** The call that failed. */
    private final String call;

    /** The compiler's log, or null. */
    private final String buildLog;

    /**
     * Creates an exception for a failed call.
     *
     * @param code OpenCL's error code
     * @param call the call, such as {@code clBuildProgram}
     * @param device the device and its driver's version
     */
    public ClException(int code, String call, String device) {
        this(code, call, device, null);
    }

    /**
     * Creates an exception for a failed build.
     *
     * @param code OpenCL's error code
     * @param call the call
     * @param device the device and its driver's version
     * @param buildLog the compiler's log, or null
     */
    public ClException(int code, String call, String device, String buildLog) {
        super(call + " answered " + name(code) + " (" + code + ") on " + device
                + (buildLog == null || buildLog.isBlank() ? "" : ": " + buildLog.strip()));
        this.code = code;
        this.call = call;
        this.buildLog = buildLog;
    }

    /**
     * Returns OpenCL's error code.
     *
     * @return a negative number
     */
    public int code() {
        return code;
    }

    /**
     * Returns the name of the code in the OpenCL headers.
     *
     * @return for example {@code CL_OUT_OF_RESOURCES}
     */
    public String codeName() {
        return name(code);
    }

    /**
     * Returns whether the code means that memory ran out.
     *
     * @return true if the call may succeed after memory is released
     */
    public boolean isOutOfMemory() {
        return code == MEM_OBJECT_ALLOCATION_FAILURE || code == OUT_OF_HOST_MEMORY;
    }

    /**
     * Returns the call that failed.
     *
     * @return for example {@code clEnqueueNDRangeKernel}
     */
    public String call() {
        return call;
    }

    /**
     * Returns the compiler's log.
     *
     * @return the log of a failed build; null for other calls
     */
    public String buildLog() {
        return buildLog;
    }

    private static String name(int code) {
        return NAMES.getOrDefault(code, "an unknown error");
    }
}
