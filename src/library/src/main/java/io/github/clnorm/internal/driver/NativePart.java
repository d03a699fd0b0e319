package io.github.clnorm.internal.driver;

import io.github.clnorm.device.OpenClLoadException;
import io.github.clnorm.device.OpenClLoadException.Kind;
import io.github.clnorm.internal.cache.Ownership;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jocl.LibUtils;

/**
 * Loads JOCL with its native library from a folder that no other user can write to.
 *
 * <p>JOCL itself looks for the library in {@code java.library.path}, then under a fixed name in {@code java.io.tmpdir}.
 * It loads an existing file, or extracts its own without a lock. In a shared temporary folder any user could choose the
 * code that is loaded, and a second process could map a file that another still writes. Therefore {@code
 * java.io.tmpdir} points to a {@link NativeFolder} while JOCL starts.
 *
 * <p>JOCL loads the file, so it belongs to JOCL's class loader. The JVM loads a file for only one class loader: a
 * second one in the same process gets its own copy.
 *
 * <p>Thread-safe.
 */
final class NativePart {

    private static final String NAME = "JOCL_2_0_6";
    private static final String TEMPORARY_FOLDER = "java.io.tmpdir";
    private static final String LIBRARY_PATH = "java.library.path";
    // JOCL's libraries have 0.3 MB.
    private static final int MAX_BYTES = 64 << 20;

    // These classes read java.io.tmpdir once, which must not happen while it points elsewhere.
    private static final List<String> READERS_OF_TEMPORARY_FOLDER =
            List.of("java.io.File$TempDirectory", "java.nio.file.TempFileHelper");

    private static boolean loaded;
    private static OpenClLoadException failure;

    private NativePart() {}

    /**
     * Loads JOCL once.
     *
     * @throws OpenClLoadException if that fails, and in each further call, because the JVM cannot initialize JOCL again
     */
    static void load() {
        synchronized (ProcessProperty.lock()) {
            if (loaded) {
                return;
            }
            if (failure != null) {
                throw failure.again();
            }
            try {
                loadNow();
                loaded = true;
            } catch (NoClassDefFoundError e) {
                throw new OpenClLoadException(
                        Kind.JOCL_MISSING,
                        "JOCL is not on the class path (" + firstLine(e) + ")",
                        "Add org.jocl:jocl:2.0.6 to the class path.",
                        e);
            }
        }
    }

    private static void loadNow() {
        String file = LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(NAME));
        Optional<Path> given = given(file);
        READERS_OF_TEMPORARY_FOLDER.forEach(NativePart::initialize);
        byte[] content = given.isPresent() ? null : content(file);
        try (NativeFolder folder = content == null ? NativeFolder.empty() : NativeFolder.with(file, content)) {
            ProcessProperty.during(TEMPORARY_FOLDER, folder.path().toString(), NativePart::start);
        } catch (IOException e) {
            throw new OpenClLoadException(
                    Kind.NATIVE_PART_NOT_EXTRACTED,
                    "JOCL's native library cannot be extracted: " + e.getMessage(),
                    "Set CLNORM_CACHE to a folder of your own that can be written and executed from.",
                    e);
        }
    }

    private static void initialize(String name) {
        try {
            Class.forName(name, true, null);
        } catch (ClassNotFoundException | LinkageError e) {
            // This Java version does not have the class.
            return;
        }
    }

    /** Initializes JOCL, which loads its native library and then the OpenCL loader. */
    private static void start() {
        try {
            Class.forName("org.jocl.CL", true, LibUtils.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new NoClassDefFoundError(e.getMessage());
        } catch (LinkageError e) {
            failure = explained(e);
            throw failure;
        }
    }

    /**
     * Extracts the reason from JOCL's message, which contains two stack traces. The linker's reason is in the second.
     */
    static OpenClLoadException explained(LinkageError e) {
        List<String> lines = messages(e).lines().map(String::strip).toList();
        if (lines.stream().anyMatch(line -> line.contains("Could not initialize native OpenCL library"))) {
            return new OpenClLoadException(
                    Kind.LOADER_UNUSABLE,
                    "JOCL's native library was loaded, and cannot load the OpenCL loader",
                    InstallAdvice.forThisMachine(),
                    e);
        }
        if (lines.stream().anyMatch(line -> line.contains("No resource found"))) {
            return new OpenClLoadException(
                    Kind.NATIVE_PART_UNSUPPORTED,
                    "JOCL has no native library for " + platform(),
                    "Build one from JOCL's sources and name its folder with -Djava.library.path, "
                            + "or use a JVM for x86-64 or ARM64.",
                    e);
        }
        String reason = lines.stream()
                .filter(line -> line.startsWith(UnsatisfiedLinkError.class.getName() + ":"))
                .reduce((first, second) -> second)
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse(lines.isEmpty() ? e.toString() : lines.get(0));
        return new OpenClLoadException(
                Kind.NATIVE_PART_UNUSABLE,
                "JOCL's native library cannot be loaded: " + reason,
                "It needs glibc and libstdc++.so.6 on Linux, and a Java for this machine's processor.",
                e);
    }

    /** The messages of a failure and its causes. If a class failed to initialize before, its cause has the reason. */
    private static String messages(Throwable e) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = e; cause != null && cause != cause.getCause(); cause = cause.getCause()) {
            text.append(cause.getMessage()).append('\n');
        }
        return text.toString();
    }

    private static String platform() {
        return System.getProperty("os.name") + " on "
                + System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    }

    /**
     * Finds the native library in {@code java.library.path}, which JOCL loads first.
     *
     * @throws OpenClLoadException if another user could have written it
     */
    private static Optional<Path> given(String file) {
        for (String folder : System.getProperty(LIBRARY_PATH, "").split(File.pathSeparator)) {
            // For the JVM, an empty name is the working directory.
            File named = new File(folder.isEmpty() ? "." : folder, file);
            if (!named.exists()) {
                continue;
            }
            Path path = named.toPath();
            String problem;
            try {
                problem = Ownership.problemOf(path).orElse(null);
            } catch (IOException e) {
                problem = path + ": " + e.getMessage();
            }
            if (problem == null) {
                return Optional.of(path);
            }
            throw new OpenClLoadException(
                    Kind.NATIVE_PART_UNTRUSTED,
                    "JOCL's native library in java.library.path is not used: " + problem,
                    "Remove " + path + ", or its folder from java.library.path (LD_LIBRARY_PATH is part of it).",
                    null);
        }
        return Optional.empty();
    }

    /** Reads the native library from JOCL's jar; null if the jar does not contain it. */
    private static byte[] content(String file) {
        try (InputStream in = LibUtils.class.getResourceAsStream("/lib/" + file)) {
            return in == null ? null : in.readNBytes(MAX_BYTES);
        } catch (IOException e) {
            throw new OpenClLoadException(
                    Kind.NATIVE_PART_NOT_EXTRACTED,
                    "JOCL's native library cannot be read from its jar: " + e.getMessage(),
                    "Replace JOCL's jar.",
                    e);
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
    }
}
