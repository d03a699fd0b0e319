package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.device.OpenClLoadException;
import io.github.clnorm.device.OpenClLoadException.Kind;
import org.junit.jupiter.api.Test;

/** JOCL reports a failed start with stack traces at first, and later only with the name of a class. */
class NativePartMessageTest {

    private static final String OF_JOCL =
            """
            Error while loading native library "JOCL_2_0_6-linux-x86_64"
            Operating system name: Linux
            Architecture         : amd64
            ---(start of nested stack traces)---
            Stack trace from the attempt to load the library as a file:
            java.lang.UnsatisfiedLinkError: no JOCL_2_0_6-linux-x86_64 in java.library.path: /usr/lib
            \tat java.base/java.lang.ClassLoader.loadLibrary(ClassLoader.java:2434)
            Stack trace from the attempt to load the library as a resource:
            %s
            \tat java.base/java.lang.ClassLoader.load(ClassLoader.java:2434)
            ---(end of nested stack traces)---
            """;

    private static void assertExplained(Kind kind, String message, LinkageError e) {
        OpenClLoadException explained = NativePart.explained(e);
        assertEquals(kind, explained.kind());
        assertEquals(message, explained.getMessage());
        assertEquals(message, explained.again().getMessage());
        assertEquals(kind, explained.again().kind());
    }

    @Test
    void keepsTheDynamicLinkersReason() {
        UnsatisfiedLinkError e = new UnsatisfiedLinkError(OF_JOCL.formatted("java.lang.UnsatisfiedLinkError: "
                + "/c/libJOCL.so: libstdc++.so.6: cannot open shared object file: No such file or directory"));
        String message = "JOCL's native library cannot be loaded: "
                + "/c/libJOCL.so: libstdc++.so.6: cannot open shared object file: No such file or directory";
        assertExplained(Kind.NATIVE_PART_UNUSABLE, message, e);
        // The JVM's message if the application has tried before.
        NoClassDefFoundError later = new NoClassDefFoundError("Could not initialize class org.jocl.CL");
        later.initCause(new ExceptionInInitializerError("Exception " + e + " [in thread \"main\"]"));
        assertExplained(Kind.NATIVE_PART_UNUSABLE, message, later);
    }

    @Test
    void namesAnUnsupportedProcessor() {
        assertExplained(
                Kind.NATIVE_PART_UNSUPPORTED,
                "JOCL has no native library for " + System.getProperty("os.name") + " on "
                        + System.getProperty("os.arch"),
                new UnsatisfiedLinkError(OF_JOCL.formatted(
                        "java.io.IOException: No resource found with name '/lib/libJOCL_2_0_6-linux-unknown.so'")));
    }

    @Test
    void namesALoaderThatJoclCannotLoad() {
        assertExplained(
                Kind.LOADER_UNUSABLE,
                "JOCL's native library was loaded, and cannot load the OpenCL loader",
                new UnsatisfiedLinkError(
                        "Could not initialize native OpenCL library. Implementation library could not be loaded"));
    }
}
