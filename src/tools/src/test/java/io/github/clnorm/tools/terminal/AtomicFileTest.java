package io.github.clnorm.tools.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of --json, --html, --csv, --markdown and --export. */
class AtomicFileTest {

    @TempDir
    private Path folder;

    private static void write(Path target, String text) throws IOException {
        try (AtomicFile file = new AtomicFile(target)) {
            file.write(text);
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aPrivateFileStaysPrivate() throws IOException {
        Path target = Files.writeString(folder.resolve("r.json"), "old");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
        write(target, "new");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
        assertEquals("new", Files.readString(target));
    }

    @Test
    void aLinkStaysALinkAlsoWhereItsFileDoesNotExist() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
        write(link, "1");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("1", Files.readString(folder.resolve("real")));
        write(link, "2");
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("2", Files.readString(folder.resolve("real")));
        assertEquals(List.of("link", "real"), files());
    }

    @Test
    void aFileThatIsNotWrittenStaysAsItWas() throws IOException {
        Path target = Files.writeString(folder.resolve("r.json"), "old");
        new AtomicFile(target).close();
        new AtomicFile(folder.resolve("new")).close();
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("r.json"), files());
    }

    @Test
    void severalAreReplacedTogether() throws IOException {
        Path json = Files.writeString(folder.resolve("r.json"), "old");
        Path html = folder.resolve("r.html");
        try (OutputFiles outputs = new OutputFiles()) {
            AtomicFile first = outputs.open("--json", json.toString());
            AtomicFile second = outputs.open("--html", html.toString());
            first.write("new");
            second.write("new");
            assertEquals("old", Files.readString(json));
            // Made by another program meanwhile.
            Files.createDirectories(html.resolve("inner"));
            IOException failure = assertThrows(IOException.class, outputs::commit);
            assertEquals(html + ": cannot be written: is a directory", failure.getMessage());
        }
        assertEquals("old", Files.readString(json));
        assertEquals(List.of("r.html", "r.json"), files());
    }

    @Test
    void whatCannotBeWrittenIsAWrongRequest() throws IOException {
        Path missing = folder.resolve("missing").resolve("r.json");
        assertEquals(
                missing + ": cannot be written: no such folder",
                assertThrows(IllegalArgumentException.class, () -> new AtomicFile(missing))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new AtomicFile(folder));
        Path file = Files.writeString(folder.resolve("f"), "a file");
        assertThrows(IllegalArgumentException.class, () -> new AtomicFile(file.resolve("below")));
    }
}
