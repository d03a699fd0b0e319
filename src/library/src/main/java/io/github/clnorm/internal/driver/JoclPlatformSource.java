package io.github.clnorm.internal.driver;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static org.jocl.CL.*;

import io.github.clnorm.device.DeviceHandle;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.PlatformInfo;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/** Queries the OpenCL loader through JOCL. Not thread-safe. */
final class JoclPlatformSource implements PlatformSource {

    // JOCL's CL_DEVICE_TYPE_ALL is a negative int. Some drivers reject its sign-extended value.
    private static final long EVERY_TYPE = 0xFFFFFFFFL;
    private static final int CL_PLATFORM_NOT_FOUND_KHR = -1001;

    // The longest texts are lists of extensions, of a few thousand bytes.
    private static final int MAX_TEXT_BYTES = 1 << 20;
    private static final int MAX_IDS = 1024;

    private cl_platform_id[] platforms;
    private final Map<Integer, cl_device_id[]> devices = new HashMap<>();

    @Override
    public int platforms() {
        int[] count = new int[1];
        // Loads the drivers.
        int code = JvmSignalHandlers.keptDuring(() -> code(() -> clGetPlatformIDs(0, null, count)));
        if (code == CL_PLATFORM_NOT_FOUND_KHR || (code == CL_SUCCESS && count[0] == 0)) {
            platforms = new cl_platform_id[0];
            return 0;
        }
        check(code, "clGetPlatformIDs");
        checkCount(count[0], "platforms");
        platforms = new cl_platform_id[count[0]];
        check(() -> clGetPlatformIDs(count[0], platforms, null), "clGetPlatformIDs");
        return platforms.length;
    }

    @Override
    public PlatformInfo platform(int index) {
        if (platforms[index] == null) {
            throw new QueryException("clGetPlatformIDs gave no platform at this index");
        }
        return new PlatformInfo(
                index,
                named(platformText(index, CL_PLATFORM_NAME), "unnamed platform"),
                platformText(index, CL_PLATFORM_VENDOR),
                platformText(index, CL_PLATFORM_VERSION),
                List.of(),
                null);
    }

    @Override
    public int devices(int platform) {
        int[] count = new int[1];
        int code = code(() -> clGetDeviceIDs(platforms[platform], EVERY_TYPE, 0, null, count));
        if (code == CL_DEVICE_NOT_FOUND) {
            return 0;
        }
        check(code, "clGetDeviceIDs");
        checkCount(count[0], "devices");
        cl_device_id[] ids = new cl_device_id[count[0]];
        if (ids.length > 0) {
            check(() -> clGetDeviceIDs(platforms[platform], EVERY_TYPE, ids.length, ids, null), "clGetDeviceIDs");
        }
        devices.put(platform, ids);
        return ids.length;
    }

    @Override
    public DeviceInfo device(int platform, int device) {
        cl_device_id id = devices.get(platform)[device];
        if (id == null) {
            throw new QueryException("clGetDeviceIDs gave no device at this index");
        }
        return describe(
                platform,
                device,
                named(platformText(platform, CL_PLATFORM_NAME), "unnamed platform"),
                platforms[platform],
                id);
    }

    /** Queries the attributes of a device. */
    static DeviceInfo describe(
            int platformIndex, int deviceIndex, String platformName, cl_platform_id platform, cl_device_id id) {
        String extensions = " " + DriverText.text(bytes(id, CL_DEVICE_EXTENSIONS)) + " ";
        long singlePrecision = number(id, CL_DEVICE_SINGLE_FP_CONFIG);
        return new DeviceInfo(
                new DeviceInfo.Identity(
                        platformIndex,
                        deviceIndex,
                        platformName,
                        text(id, CL_DEVICE_VENDOR),
                        named(text(id, CL_DEVICE_NAME), "unnamed device"),
                        type(number(id, CL_DEVICE_TYPE)),
                        text(id, CL_DRIVER_VERSION),
                        text(id, CL_DEVICE_VERSION)),
                new DeviceInfo.Processor(
                        count(id, CL_DEVICE_MAX_COMPUTE_UNITS), count(id, CL_DEVICE_MAX_CLOCK_FREQUENCY)),
                new DeviceInfo.Memory(
                        positive(size(id, CL_DEVICE_GLOBAL_MEM_SIZE), "memory"),
                        size(id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE),
                        positive(size(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE), "largest buffer")),
                new DeviceInfo.WorkGroup(
                        (int) Math.min(
                                Integer.MAX_VALUE,
                                positive(size(id, CL_DEVICE_MAX_WORK_GROUP_SIZE), "largest work-group")),
                        size(id, CL_DEVICE_LOCAL_MEM_SIZE)),
                new DeviceInfo.Arithmetic(
                        extensions.contains(" cl_khr_fp16 "),
                        extensions.contains(" cl_khr_fp64 "),
                        (singlePrecision & CL_FP_FMA) != 0,
                        (singlePrecision & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0),
                HardwareQuery.of(extensions, (what, bytes) -> optional(id, what, bytes)),
                new DeviceHandle(platform, id));
    }

    private static DeviceType type(long bits) {
        if ((bits & CL_DEVICE_TYPE_GPU) != 0) {
            return DeviceType.GPU;
        }
        if ((bits & CL_DEVICE_TYPE_ACCELERATOR) != 0) {
            return DeviceType.ACCELERATOR;
        }
        return (bits & CL_DEVICE_TYPE_CPU) != 0 ? DeviceType.CPU : DeviceType.CUSTOM;
    }

    private String platformText(int platform, int what) {
        long[] size = new long[1];
        check(() -> clGetPlatformInfo(platforms[platform], what, 0, null, size), "clGetPlatformInfo");
        byte[] bytes = answer(size[0], "clGetPlatformInfo");
        if (bytes.length > 0) {
            check(
                    () -> clGetPlatformInfo(platforms[platform], what, bytes.length, Pointer.to(bytes), null),
                    "clGetPlatformInfo");
        }
        return DriverText.name(bytes);
    }

    private static String text(cl_device_id device, int what) {
        return DriverText.name(bytes(device, what));
    }

    private static byte[] bytes(cl_device_id device, int what) {
        long[] size = new long[1];
        check(() -> clGetDeviceInfo(device, what, 0, null, size), "clGetDeviceInfo");
        byte[] bytes = answer(size[0], "clGetDeviceInfo");
        if (bytes.length > 0) {
            check(() -> clGetDeviceInfo(device, what, bytes.length, Pointer.to(bytes), null), "clGetDeviceInfo");
        }
        return bytes;
    }

    /** Bytes that a driver may fail to return; empty if it does, or if it returns more than a given number. */
    private static byte[] optional(cl_device_id device, int what, int most) {
        long[] size = new long[1];
        byte[] bytes = new byte[most];
        int code = code(() -> clGetDeviceInfo(device, what, most, Pointer.to(bytes), size));
        return code == CL_SUCCESS && DriverAnswer.isBelieved(size[0], most)
                ? Arrays.copyOf(bytes, (int) size[0])
                : new byte[0];
    }

    /** Allocates memory for a text. Rejects an implausible size. */
    private static byte[] answer(long size, String call) {
        if (size < 0 || size > MAX_TEXT_BYTES) {
            throw new QueryException(call + " reports a text of " + Long.toUnsignedString(size)
                    + " bytes, expected at most " + MAX_TEXT_BYTES);
        }
        return new byte[(int) size];
    }

    private static void checkCount(int count, String what) {
        if (count < 0 || count > MAX_IDS) {
            throw new QueryException("reports " + Integer.toUnsignedString(count) + " " + what
                    + ", ignored: expected at most " + MAX_IDS);
        }
    }

    private static String named(String name, String otherwise) {
        return name.isEmpty() ? otherwise : name;
    }

    /** A cl_uint as a non-negative int. */
    private static int count(cl_device_id device, int what) {
        return (int) Math.min(Integer.MAX_VALUE, number(device, what) & 0xFFFFFFFFL);
    }

    /** A cl_ulong or size_t as a non-negative long. */
    private static long size(cl_device_id device, int what) {
        long size = number(device, what);
        return size < 0 ? Long.MAX_VALUE : size;
    }

    private static long positive(long size, String what) {
        if (size == 0) {
            throw new QueryException("reports a " + what + " of 0");
        }
        return size;
    }

    /** A cl_uint, cl_ulong, cl_bitfield or size_t. On a little-endian host the driver fills the low bytes. */
    private static long number(cl_device_id device, int what) {
        long[] value = new long[1];
        check(() -> clGetDeviceInfo(device, what, Long.BYTES, Pointer.to(value), null), "clGetDeviceInfo");
        return value[0];
    }

    private static void check(IntSupplier call, String name) {
        check(code(call), name);
    }

    private static void check(int code, String call) {
        if (code != CL_SUCCESS) {
            throw new QueryException(call + " answered " + CL.stringFor_errorCode(code) + " (" + code + ")");
        }
    }
}
