package io.github.clnorm.internal.tune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.testing.Pipes;
import io.github.clnorm.testing.Soak;
import io.github.clnorm.testing.TestInfo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningDatabaseTest {

    private static final Entry ENTRY = Entries.of(TestInfo.CPU, Entries.GROUPING, Plan.resident(1, 8));
    private static final int EACH = Soak.steps(40, 200);

    @TempDir
    private Path folder;

    private final Logger logger = Logger.getLogger(TuningDatabase.class.getName());
    private final List<LogRecord> warnings = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
                warnings.add(record);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private Path file() {
        return folder.resolve("cache").resolve("tuning.json");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(file().getParent())) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatIsStoredIsThereForTheNext() throws IOException {
        TuningDatabase database = TuningDatabase.at(file());
        assertEquals(List.of(), database.entries());
        assertFalse(Files.exists(file().getParent()), "looking makes no folder");
        database.add(List.of(ENTRY));
        assertEquals(List.of(ENTRY), database.entries());
        assertEquals(List.of(ENTRY), TuningDatabase.at(file()).entries());
        assertEquals(List.of("tuning.json", "tuning.json.lock"), files(), "and nothing temporary");
        assertEquals(List.of(), warnings);
    }

    @Test
    void whatAnotherStoredMeanwhileStays() throws IOException {
        TuningDatabase one = TuningDatabase.at(file());
        TuningDatabase other = TuningDatabase.at(file());
        one.entries();
        other.entries();
        Entry second = Entries.withDriver(ENTRY, "another");
        one.add(List.of(ENTRY));
        other.add(List.of(second));
        assertEquals(2, other.entries().size());
        assertEquals(2, TuningDatabase.at(file()).entries().size());
    }

    @Test
    void whatIsMeasuredNowReplacesWhatAClockDatedLater() throws IOException {
        TuningDatabase.at(file()).add(List.of(Entries.withDate(ENTRY, Instant.parse("2099-01-01T00:00:00Z"))));
        TuningDatabase.at(file()).add(List.of(ENTRY));
        assertEquals(List.of(ENTRY), TuningDatabase.at(file()).entries());
    }

    @Test
    void aNewerVersionsFileIsLeftAlone() throws IOException {
        Files.createDirectories(file().getParent());
        String newer = "{\"format\": 2, \"kind\": \"tuning\", \"entries\": []}";
        Files.writeString(file(), newer);
        TuningDatabase database = TuningDatabase.at(file());
        assertEquals(List.of(), database.entries());
        assertThrows(IOException.class, () -> database.add(List.of(ENTRY)));
        assertEquals(newer, Files.readString(file()));
        assertEquals(1, warnings.size());
    }

    @Test
    void nothingIsExportedFromAFileThatIsNoDatabase() throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "[]");
        IOException e =
                assertThrows(IOException.class, () -> TuningDatabase.at(file()).exported());
        assertTrue(e.getMessage().contains("it is not a tuning database"), e.getMessage());
        assertEquals("[]", Files.readString(file()));
    }

    @Test
    void aFolderIsNotImported() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> TuningDatabase.at(file()).importFrom(folder));
        assertEquals(folder + ": it is not a regular file", e.getMessage());
    }

    /** Run in processes of their own. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                Entry entry = Entries.withDriver(ENTRY, arguments[1] + "-" + i);
                TuningDatabase.at(Path.of(arguments[0])).add(List.of(entry));
            }
        }
    }

    @Test
    @Tag("stress")
    void processesThatWriteAtTheSameTimeLoseNothing() throws Exception {
        List<Process> writers = new ArrayList<>();
        List<String> names = List.of("a", "b", "c");
        for (String name : names) {
            writers.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            file().toString(),
                            name,
                            Integer.toString(EACH))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve(name).toFile())
                    .start());
        }
        // Every look in between finds a whole file.
        while (writers.stream().anyMatch(Process::isAlive)) {
            TuningDatabase.at(file()).entries();
            Thread.sleep(1);
        }
        for (int i = 0; i < writers.size(); i++) {
            assertEquals(0, writers.get(i).waitFor(), Files.readString(folder.resolve(names.get(i))));
        }
        assertEquals(3 * EACH, TuningDatabase.at(file()).entries().size());
        assertEquals(List.of("tuning.json", "tuning.json.lock"), files());
        assertEquals(List.of(), warnings);
    }

    @Test
    @Tag("stress")
    @Tag("threads")
    void threadsThatWriteAtTheSameTimeLoseNothing() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (String name : List.of("a", "b", "c")) {
            Thread thread = new Thread(() -> {
                try {
                    Writer.main(new String[] {file().toString(), name, Integer.toString(EACH)});
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), failures);
        assertEquals(3 * EACH, TuningDatabase.at(file()).entries().size());
    }

    @Test
    void aDamagedOrForeignFileIsSetAsideWithOneWarning() throws IOException {
        TuningDatabase.at(file()).add(List.of(ENTRY));
        byte[] whole = Files.readAllBytes(file());
        for (byte[] damaged : List.of(
                Arrays.copyOf(whole, whole.length / 2),
                "{\"format\": 1, \"kind\": \"bench\"}".getBytes(StandardCharsets.UTF_8),
                new byte[0])) {
            warnings.clear();
            Files.write(file(), damaged);
            TuningDatabase database = TuningDatabase.at(file());
            assertEquals(List.of(), database.entries());
            assertEquals(1, warnings.size());
            Path aside = file().resolveSibling("tuning.json.damaged");
            assertArrayEquals(damaged, Files.readAllBytes(aside));
            database.add(List.of(ENTRY));
            assertEquals(List.of(ENTRY), TuningDatabase.at(file()).entries());
            assertEquals(1, warnings.size(), "only once");
        }
    }

    @Test
    void aFileThatIsDamagedWhileItIsUsedIsSetAsideToo() throws IOException {
        TuningDatabase database = TuningDatabase.at(file());
        database.add(List.of(ENTRY));
        Files.writeString(file(), "no JSON");
        database.add(List.of(Entries.withDriver(ENTRY, "another")));
        assertEquals(1, warnings.size());
        assertEquals("no JSON", Files.readString(file().resolveSibling("tuning.json.damaged")));
        assertEquals(1, TuningDatabase.at(file()).entries().size());
    }

    @Test
    void aPlaceThatCannotBeWrittenBreaksNothing() throws IOException {
        // Also root cannot make a folder below a file.
        Path below =
                Files.writeString(folder.resolve("file"), "").resolve("cache").resolve("tuning.json");
        TuningDatabase database = TuningDatabase.at(below);
        assertEquals(List.of(), database.entries());
        String message = assertThrows(IOException.class, () -> database.add(List.of(ENTRY)))
                .getMessage();
        assertTrue(message.matches(".*tuning\\.json: cannot be written: .*(Not a directory|is not a folder)"), message);
        assertEquals(List.of(ENTRY), database.entries(), "known as long as it lives");
    }

    @Test
    void aFolderInItsPlaceIsNoDatabase() throws IOException {
        Files.createDirectories(file());
        TuningDatabase database = TuningDatabase.at(file());
        assertEquals(List.of(), database.entries());
        TuningDatabase.at(file()).entries();
        assertEquals(1, warnings.size(), "once in a process");
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path real = folder.resolve("elsewhere.json");
        TuningDatabase.at(real).add(List.of(ENTRY));
        Files.createDirectories(file().getParent());
        Files.createSymbolicLink(file(), real);
        TuningDatabase.at(file()).add(List.of(Entries.withDriver(ENTRY, "another")));
        assertTrue(Files.isSymbolicLink(file()));
        assertEquals(2, TuningDatabase.at(real).entries().size());
    }

    @Test
    void aPipeInPlaceOfTheLockBlocksNothing() throws Exception {
        Files.createDirectories(file().getParent());
        Path lock = Pipes.make(file().resolveSibling("tuning.json.lock"));
        TuningDatabase database = TuningDatabase.at(file());
        String message = assertThrows(IOException.class, () -> database.add(List.of(ENTRY)))
                .getMessage();
        assertEquals(file() + ": cannot be written: " + lock + " is not a regular file", message);
        assertEquals(List.of(ENTRY), database.entries(), "known as long as it lives");
    }

    @Test
    void aPipeInItsPlaceIsSetAside() throws Exception {
        Files.createDirectories(file().getParent());
        Pipes.make(file());
        TuningDatabase database = TuningDatabase.at(file());
        assertEquals(List.of(), database.entries());
        database.add(List.of(ENTRY));
        assertEquals(List.of(ENTRY), TuningDatabase.at(file()).entries());
        assertEquals(1, warnings.size());
    }

    @Test
    void aFileLargerThanAnyDatabaseIsSetAsideUnread() throws IOException {
        Files.createDirectories(file().getParent());
        try (var channel = FileChannel.open(file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            // 60 MB without a byte on the disk.
            channel.write(ByteBuffer.wrap(new byte[] {'['}), 60_000_000);
        }
        TuningDatabase database = TuningDatabase.at(file());
        assertEquals(List.of(), database.entries());
        assertTrue(new SimpleFormatter().formatMessage(warnings.get(0)).contains("it is larger than 8 MiB"));
        database.add(List.of(ENTRY));
        assertEquals(List.of(ENTRY), TuningDatabase.at(file()).entries());
    }

    @Test
    void whatAnotherUserCouldHaveWrittenIsNeitherReadNorReplaced() throws IOException {
        TuningDatabase.at(file()).add(List.of(ENTRY));
        byte[] before = Files.readAllBytes(file());
        Path cache = file().getParent();
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        TuningDatabase database = TuningDatabase.at(file());
        assertEquals(List.of(), database.entries());
        String message = assertThrows(IOException.class, () -> database.add(List.of(ENTRY)))
                .getMessage();
        assertTrue(message.contains(cache.toRealPath() + " can be written by other users"), message);
        assertArrayEquals(before, Files.readAllBytes(file()));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertEquals(List.of(), TuningDatabase.at(file()).entries());
        assertThrows(IOException.class, () -> TuningDatabase.at(file()).add(List.of(ENTRY)));
        assertEquals(List.of("tuning.json", "tuning.json.lock"), files());
    }

    @Test
    void whatIsExportedCanBeImported() throws IOException {
        TuningDatabase mine = TuningDatabase.at(file());
        Entry newer = Entries.withDate(Entries.withTimes(ENTRY, 5, 6), Entries.DATE.plusSeconds(10));
        Entry other = Entries.withDriver(ENTRY, "another");
        mine.add(List.of(ENTRY));
        TuningDatabase theirs = TuningDatabase.at(folder.resolve("theirs.json"));
        theirs.add(List.of(newer, other));
        assertEquals(2, theirs.exported().entries());
        Path shared =
                Files.write(folder.resolve("shared.json"), theirs.exported().text());
        assertEquals(2, mine.importFrom(shared));
        assertEquals(0, mine.importFrom(shared), "nothing new");
        assertTrue(mine.entries().containsAll(List.of(newer, other)));
        assertEquals(2, mine.entries().size());

        Path old = Files.write(
                folder.resolve("old.json"),
                TuningDatabase.at(folder.resolve("none")).exported().text());
        assertEquals(0, mine.importFrom(old));
        Path foreign = Files.writeString(folder.resolve("foreign.json"), "{}");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> mine.importFrom(foreign))
                .getMessage()
                .contains("not a tuning database"));
        assertTrue(Files.exists(foreign), "another's file is left alone");
        assertTrue(assertThrows(IllegalArgumentException.class, () -> mine.importFrom(folder.resolve("missing")))
                .getMessage()
                .contains("no such file"));
        assertEquals(List.of(), warnings);
    }

    @Test
    void whatComesWithTheLibraryIsADatabaseToo() throws IOException {
        assertEquals(List.of(), List.copyOf(ShippedEntries.read(null)));
        TuningDatabase.at(file()).add(List.of(ENTRY));
        Collection<Entry> entries = ShippedEntries.read(new ByteArrayInputStream(Files.readAllBytes(file())));
        assertEquals(List.of(ENTRY), List.copyOf(entries));
        // Whatever is shipped can be read.
        TuningDatabase.shipped();
    }
}
