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
 * Loads JOCL with its native part from a place that no other user can write to.
 *
 * <p>JOCL itself looks for the native part in {@code java.library.path} and else under one fixed name in
 * {@code java.io.tmpdir}: it loads what is there, or unpacks its own without a lock. In a shared temporary folder any user
 * could choose what is loaded, and a second process could map a file that a first one still writes. So
 * {@code java.io.tmpdir} points to a {@link NativeFolder} while JOCL starts.
 *
 * <p>JOCL loads the file, so it belongs to JOCL's class loader, whichever that is. The JVM loads a file for one class loader
 * only: a second one in the same process gets a copy of its own.
 *
 * <p>Thread-safe.
 */
final class NativePart {

    private static final String NAME = "JOCL_2_0_6";
    private static final String TEMPORARY_FOLDER = "java.io.tmpdir";
    private static final String LIBRARY_PATH = "java.library.path";
    // JOCL's own are 0.3 MB.
    private static final int MOST_BYTES = 64 << 20;

    // They read java.io.tmpdir once. Another thread must not make them do so while it points elsewhere.
    private static final List<String> JAVAS_TEMPORARY_FILES =
            List.of("java.io.File$TempDirectory", "java.nio.file.TempFileHelper");

    private static boolean loaded;
    private static OpenClLoadException failure;

    private NativePart() {}

    /**
     * Loads it, once.
     *
     * @throws OpenClLoadException where that fails; also each time after, as the JVM does not start JOCL a second time
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
        JAVAS_TEMPORARY_FILES.forEach(NativePart::initialize);
        byte[] content = given.isPresent() ? null : content(file);
        try (NativeFolder folder = content == null ? NativeFolder.empty() : NativeFolder.with(file, content)) {
            ProcessProperty.during(TEMPORARY_FOLDER, folder.path().toString(), NativePart::start);
        } catch (IOException e) {
            throw new OpenClLoadException(
                    Kind.NATIVE_PART_NOT_EXTRACTED,
                    "JOCL's native part cannot be extracted: " + e.getMessage(),
                    "Set CLNORM_CACHE to a folder of your own that can be written and executed from.",
                    e);
        }
    }

    private static void initialize(String name) {
        try {
            Class.forName(name, true, null);
        } catch (ClassNotFoundException | LinkageError e) {
            // A Java without this class has nothing to initialize.
            return;
        }
    }

    /** Runs the static initializer of JOCL, which loads its native part and then the OpenCL loader. */
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

    /** JOCL's message has two stack traces in it. The reason of the dynamic linker is in the second one. */
    static OpenClLoadException explained(LinkageError e) {
        List<String> lines = messages(e).lines().map(String::strip).toList();
        if (lines.stream().anyMatch(line -> line.contains("Could not initialize native OpenCL library"))) {
            return new OpenClLoadException(
                    Kind.LOADER_UNUSABLE,
                    "JOCL's native part was loaded, and cannot load the OpenCL loader",
                    InstallAdvice.forThisMachine(),
                    e);
        }
        if (lines.stream().anyMatch(line -> line.contains("No resource found"))) {
            return new OpenClLoadException(
                    Kind.NATIVE_PART_UNSUPPORTED,
                    "JOCL has no native part for " + platform(),
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
                "JOCL's native part cannot be loaded: " + reason,
                "It needs glibc and libstdc++.so.6 on Linux.",
                e);
    }

    /** All messages of a failure and its causes: a class whose initialization failed before has the reason in its cause. */
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
     * The native part that the user names by {@code java.library.path}, which JOCL takes first.
     *
     * @throws OpenClLoadException where another user could have written it
     */
    private static Optional<Path> given(String file) {
        for (String folder : System.getProperty(LIBRARY_PATH, "").split(File.pathSeparator)) {
            // The JVM takes an empty name for the working directory.
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
                    "JOCL's native part in java.library.path is not used: " + problem,
                    "Remove " + path + ", or its folder from java.library.path (LD_LIBRARY_PATH is part of it).",
                    null);
        }
        return Optional.empty();
    }

    /** The native part in JOCL's jar; null where it has none of that name. */
    private static byte[] content(String file) {
        try (InputStream in = LibUtils.class.getResourceAsStream("/lib/" + file)) {
            return in == null ? null : in.readNBytes(MOST_BYTES);
        } catch (IOException e) {
            throw new OpenClLoadException(
                    Kind.NATIVE_PART_NOT_EXTRACTED,
                    "JOCL's native part cannot be read from its jar: " + e.getMessage(),
                    "Replace JOCL's jar.",
                    e);
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
    }
}
