package io.github.clnorm.internal.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks owners and modes that tests cannot set on real files. */
class OwnershipTest {

    private static final int ROOT = 0;
    private static final int ANN = 1000;
    private static final int MALLORY = 1001;
    private static final Path CACHE = Path.of("/home/ann/.cache/clnorm");
    private static final Path FILE = CACHE.resolve("tuning.json");

    private final Map<Path, Ownership.Facts> facts = new HashMap<>();

    private static String name(int id) {
        return switch (id) {
            case ROOT -> "root";
            case ANN -> "ann";
            default -> id == MALLORY ? "mallory" : "users";
        };
    }

    private void put(String path, int uid, int gid, int mode) {
        facts.put(Path.of(path), new Ownership.Facts(uid, gid, name(uid), name(gid), mode));
    }

    private void put(String path, int uid, int mode) {
        put(path, uid, uid, mode);
    }

    private Ownership as(int user) {
        return new Ownership(new Ownership.View() {
            @Override
            public Optional<Ownership.Facts> of(Path path) throws IOException {
                if (!facts.containsKey(path)) {
                    throw new NoSuchFileException(path.toString());
                }
                return Optional.of(facts.get(path));
            }

            @Override
            public int user() {
                return user;
            }
        });
    }

    private void assertUsed(int user) throws IOException {
        assertEquals(Optional.empty(), as(user).ofFile(FILE));
    }

    private void assertRefused(int user, String says) throws IOException {
        String problem = as(user).ofFile(FILE).orElseThrow(() -> new AssertionError("not refused: " + says));
        assertEquals(says, problem);
    }

    @BeforeEach
    void aHome() {
        put("/", ROOT, 0755);
        put("/home", ROOT, 0755);
        put("/home/ann", ANN, 0755);
        put("/home/ann/.cache", ANN, 0755);
        put(CACHE.toString(), ANN, 0700);
        put(FILE.toString(), ANN, 0600);
    }

    @Test
    void acceptsTheUsersFiles() throws IOException {
        assertUsed(ANN);
        put(CACHE.toString(), ANN, 0755);
        put(FILE.toString(), ANN, 0644);
        assertUsed(ANN);
    }

    @Test
    void acceptsFilesOfRoot() throws IOException {
        facts.replaceAll((path, old) -> new Ownership.Facts(ROOT, ROOT, "root", "root", 0755));
        assertUsed(ANN);
        assertUsed(ROOT);
    }

    @Test
    void rootRejectsFilesOfOtherUsers() throws IOException {
        // With sudo -E the home is the user's.
        assertRefused(ROOT, "/home/ann belongs to user ann, expected root");
    }

    @Test
    void rejectsFilesOfOtherUsers() throws IOException {
        put(FILE.toString(), MALLORY, 0600);
        assertRefused(ANN, FILE + " belongs to user mallory, expected this user or root");
        put(CACHE.toString(), MALLORY, 0755);
        assertRefused(ANN, CACHE + " belongs to user mallory, expected this user or root");
        put("/home/ann/.cache", MALLORY, 0755);
        assertRefused(ANN, "/home/ann/.cache belongs to user mallory, expected this user or root");
    }

    @Test
    void rejectsFilesThatGroupOrOthersMayWrite() throws IOException {
        for (int mode : new int[] {0770, 0777, 0702, 01777}) {
            put(CACHE.toString(), ANN, mode);
            assertRefused(ANN, CACHE + " can be written by other users; to use it: chmod go-w '" + CACHE + "'");
        }
        put(CACHE.toString(), ANN, 0700);
        for (int mode : new int[] {0660, 0666, 0602}) {
            put(FILE.toString(), ANN, mode);
            assertRefused(ANN, FILE + " can be written by other users; to use it: chmod go-w '" + FILE + "'");
        }
    }

    @Test
    void checksParentFolders() throws IOException {
        put("/home/ann/.cache", ANN, 0757);
        assertRefused(ANN, "/home/ann/.cache can be written by other users; to use it: chmod go-w '/home/ann/.cache'");
        put("/home/ann/.cache", ANN, 0755);
        put("/home", ROOT, 0777);
        assertRefused(ANN, "/home can be written by other users; to use it: chmod go-w '/home'");
        // In a sticky folder, like /tmp, others cannot rename ann's files.
        put("/home", ROOT, 01777);
        assertUsed(ANN);
        put("/home", MALLORY, 01777);
        assertRefused(ANN, "/home belongs to user mallory, expected this user or root");
    }

    @Test
    void aFolderThatOthersCannotEnterProtectsItsContent() throws IOException {
        put("/home/ann/.cache", ANN, 0777);
        put("/home/ann", ANN, 0700);
        assertUsed(ANN);
        put("/home/ann", ANN, 0711);
        assertTrue(as(ANN).ofFile(FILE).isPresent());
    }

    @Test
    void aParentFolderMayBelongToTheUsersPrivateGroup() throws IOException {
        put("/home/ann", ANN, 0775);
        assertUsed(ANN);
        put("/home/ann", ANN, 100, 0775);
        assertTrue(as(ANN).ofFile(FILE).isPresent());
    }

    @Test
    void acceptsAFileSystemWithoutOwners() throws IOException {
        Ownership without = new Ownership(new Ownership.View() {
            @Override
            public Optional<Ownership.Facts> of(Path path) {
                return Optional.empty();
            }

            @Override
            public int user() {
                throw new IllegalStateException("not asked");
            }
        });
        assertEquals(Optional.empty(), without.ofFile(FILE));
    }

    @Test
    void checksTheParentOfAFolderThatDoesNotExist() {
        facts.keySet().removeIf(path -> path.startsWith(CACHE));
        // A home that does not exist on this machine.
        Optional<String> problem = CacheFolder.problem(Path.of("/nowhere/clnorm"), as(MALLORY));
        assertEquals(Optional.empty(), problem);
        put("/", ANN, 0755);
        assertEquals(
                Optional.of("/ belongs to user ann, expected this user or root"),
                CacheFolder.problem(Path.of("/nowhere/clnorm"), as(MALLORY)));
    }
}
