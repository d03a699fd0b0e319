package io.github.clnorm.internal.driver;

import static io.github.clnorm.internal.driver.JoclCalls.code;
import static org.jocl.CL.CL_SUCCESS;
import static org.jocl.CL.clGetPlatformIDs;

import com.sun.jna.Pointer;
import java.util.stream.Stream;
import org.jocl.NativePointerObject;
import org.jocl.cl_context;
import org.jocl.cl_platform_id;

/**
 * Recognizes most OpenCL objects that were released, which the loader would follow into freed memory: the process would
 * crash. Every object of a driver begins with the address of that driver's functions; freed memory usually does not.
 * Thread-safe.
 */
public final class ReleasedObjects {
    private ReleasedObjects() {}

    /**
     * Returns whether an object is none any more.
     *
     * @param object of any driver
     * @param context a context of a driver
     * @return true if it does not begin as the objects of the context's driver, or of any other driver, do; false if
     *     this cannot be found out
     */
    public static boolean contain(NativePointerObject object, cl_context context) {
        if (object.getNativePointer() == 0 || JnaStart.problem().isPresent()) {
            return false;
        }
        long ofObject = functions(object);
        long ofContext = functions(context);
        if (ofObject == ofContext) {
            return false;
        }
        int[] count = new int[1];
        if (code(() -> clGetPlatformIDs(0, null, count)) != CL_SUCCESS) {
            return false;
        }
        cl_platform_id[] platforms = new cl_platform_id[count[0]];
        if (code(() -> clGetPlatformIDs(platforms.length, platforms, null)) != CL_SUCCESS) {
            return false;
        }
        long[] known =
                Stream.of(platforms).mapToLong(ReleasedObjects::functions).toArray();
        // Without a loader of several drivers, objects may begin with anything.
        return has(known, ofContext) && !has(known, ofObject);
    }

    private static boolean has(long[] known, long functions) {
        for (long each : known) {
            if (each == functions) {
                return true;
            }
        }
        return false;
    }

    private static long functions(NativePointerObject object) {
        return Pointer.nativeValue(new Pointer(object.getNativePointer()).getPointer(0));
    }
}
