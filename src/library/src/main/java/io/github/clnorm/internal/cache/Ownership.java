package io.github.clnorm.internal.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks that only this user or root can have written a file or folder. Everything that is loaded as code, or decides
 * which code runs, must pass. The rules are those of OpenSSH for {@code ~/.ssh}, with two differences for parent
 * folders:
 *
 * <ul>
 *   <li>A file and its folder belong to this user or to root, and neither group nor others may write them.
 *   <li>Each parent folder also belongs to this user or to root. Group and others may write it only in three cases: it
 *       has the sticky bit, like {@code /tmp}, so that only owners can rename entries; they cannot enter a folder
 *       further up; or the group is the user's private group, with the user's number and name.
 * </ul>
 *
 * <p>The caller resolves links. On file systems without POSIX owners and modes, as on Windows, everything passes,
 * because access control lists protect the user's profile there.
 *
 * <p>Immutable and thread-safe.
 */
public final class Ownership {

    private static final int ROOT = 0;
    private static final int STICKY = 01000;
    private static final int GROUP_WRITES = 0020;
    private static final int OTHERS_WRITE = 0002;
    private static final int GROUP_OR_OTHERS_ENTER = 0011;
    private static final String ATTRIBUTES = "unix:uid,gid,owner,group,mode";

    /**
     * Owner and mode of a path.
     *
     * @param uid the owner's number
     * @param gid the group's number
     * @param owner the owner's name
     * @param group the group's name
     * @param mode the permission bits, with the sticky bit
     */
    record Facts(int uid, int gid, String owner, String group, int mode) {}

    /** Reads owner and mode; tests replace it. */
    interface View {

        /** Owner and mode of a path, without following links; empty if the file system has none. */
        Optional<Facts> of(Path path) throws IOException;

        /** The number of the user who runs this process. */
        int user() throws IOException;
    }

    /** Reads this machine's file systems. */
    private static final class OfThisMachine implements View {

        @Override
        public Optional<Facts> of(Path path) throws IOException {
            if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
                return Optional.empty();
            }
            Map<String, Object> facts = Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            return Optional.of(new Facts(
                    (Integer) facts.get("uid"),
                    (Integer) facts.get("gid"),
                    facts.get("owner").toString(),
                    facts.get("group").toString(),
                    (Integer) facts.get("mode")));
        }

        @Override
        public int user() throws IOException {
            Path self = Path.of("/proc/self");
            if (Files.exists(self)) {
                return (Integer) Files.getAttribute(self, "unix:uid");
            }
            // The owner of a new file is the user of this process.
            Path file = Files.createTempFile("clnorm", null);
            try {
                return (Integer) Files.getAttribute(file, "unix:uid");
            } finally {
                Files.delete(file);
            }
        }
    }

    /** Checks for this user on this machine. */
    static final Ownership HERE = new Ownership(new OfThisMachine());

    private final View view;

    Ownership(View view) {
        this.view = view;
    }

    /**
     * Returns why a file outside the cache must not be used. The rules for parent folders apply to it.
     *
     * @param file an existing file; links are resolved
     * @return the reason with the remedy; empty if it may be used
     * @throws IOException if owner or mode cannot be read
     */
    public static Optional<String> problemOf(Path file) throws IOException {
        return HERE.ofParent(file.toRealPath());
    }

    /**
     * Returns why a folder outside the cache must not be used for files.
     *
     * @param folder an existing folder; links are resolved
     * @return the reason with the remedy; empty if it may be used
     * @throws IOException if owner or mode cannot be read
     */
    public static Optional<String> problemOfFolder(Path folder) throws IOException {
        return HERE.ofFolder(folder.toRealPath());
    }

    /** Returns why a file must not be used, given its real path. */
    Optional<String> ofFile(Path file) throws IOException {
        Optional<String> ofFolder = ofFolder(file.getParent());
        return ofFolder.isPresent() ? ofFolder : leaf(file);
    }

    /** Returns why a folder must not be used for files, given its real path. */
    Optional<String> ofFolder(Path folder) throws IOException {
        Optional<String> above = folder.getParent() == null ? Optional.empty() : ofParent(folder.getParent());
        return above.isPresent() ? above : leaf(folder);
    }

    /** Returns why a folder must not be used as a parent, given its real path. */
    Optional<String> ofParent(Path folder) throws IOException {
        List<Path> fromRoot = new ArrayList<>();
        for (Path path = folder; path != null; path = path.getParent()) {
            fromRoot.add(path);
        }
        Collections.reverse(fromRoot);
        boolean closed = false;
        for (Path path : fromRoot) {
            Optional<Facts> known = view.of(path);
            if (known.isEmpty()) {
                return Optional.empty();
            }
            Facts facts = known.get();
            if (isForeign(facts)) {
                return Optional.of(foreign(path, facts));
            }
            if (!closed && (facts.mode & STICKY) == 0 && othersWrite(facts) && !isPrivateGroupOnly(facts)) {
                return Optional.of(open(path));
            }
            closed |= (facts.mode & GROUP_OR_OTHERS_ENTER) == 0;
        }
        return Optional.empty();
    }

    private Optional<String> leaf(Path path) throws IOException {
        Optional<Facts> known = view.of(path);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        if (isForeign(known.get())) {
            return Optional.of(foreign(path, known.get()));
        }
        return othersWrite(known.get()) ? Optional.of(open(path)) : Optional.empty();
    }

    private boolean isForeign(Facts facts) throws IOException {
        return facts.uid != ROOT && facts.uid != view.user();
    }

    private static boolean othersWrite(Facts facts) {
        return (facts.mode & (GROUP_WRITES | OTHERS_WRITE)) != 0;
    }

    private static boolean isPrivateGroupOnly(Facts facts) {
        return (facts.mode & OTHERS_WRITE) == 0
                && facts.uid != ROOT
                && facts.gid == facts.uid
                && facts.group.equals(facts.owner);
    }

    private String foreign(Path path, Facts facts) throws IOException {
        return path + " belongs to user " + facts.owner + ", expected "
                + (view.user() == ROOT ? "root" : "this user or root");
    }

    private static String open(Path path) {
        return path + " can be written by other users; to use it: chmod go-w '" + path + "'";
    }
}
