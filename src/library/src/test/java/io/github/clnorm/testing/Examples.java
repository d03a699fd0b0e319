package io.github.clnorm.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import java.io.File;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jocl.CL;

/** Compiles programs of the folder {@code examples}. */
public final class Examples {
    private Examples() {}

    /** Compiles a program into a folder; fails on a warning. */
    public static void compile(String name, Path folder) throws Exception {
        compile(List.of(Path.of("examples", name + ".java")), folder);
    }

    /** Compiles all files of a program that has a folder of its own; fails on a warning. */
    public static void compileFolder(String name, Path folder) throws Exception {
        try (Stream<Path> files = Files.list(Path.of("examples", name))) {
            compile(files.toList(), folder);
        }
    }

    private static void compile(List<Path> sources, Path folder) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        // JOCL too: signatures of Backend and Tensor name its types.
        String classPath = String.join(
                File.pathSeparator,
                Stream.of(Backend.class, CL.class).map(Examples::location).toList());
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean compiled = compiler.getTask(
                            errors,
                            files,
                            null,
                            List.of(
                                    "-Xlint:all",
                                    "-Werror",
                                    "--release",
                                    "17",
                                    "-cp",
                                    classPath,
                                    "-d",
                                    folder.toString()),
                            null,
                            files.getJavaFileObjects(sources.toArray(Path[]::new)))
                    .call();
            assertTrue(compiled, errors.toString());
        }
    }

    private static String location(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
