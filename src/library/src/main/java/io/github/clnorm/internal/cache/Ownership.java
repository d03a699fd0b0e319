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
 * Whether only this user, or root, can have written what is at a path. What is loaded as code, or decides what code runs,
 * must pass this check. The rules are those of OpenSSH for {@code ~/.ssh}, with two differences for the folders above:
 *
 * <ul>
 *   <li>A file, and the folder that it is in, belong to this user or to root, and neither group nor others may write them.
 *   <li>Every folder above belongs to this user or to root as well. Group and others may write it only if it has the sticky
 *       bit, as {@code /tmp} has (its entries can be renamed by their owner alone), if a folder further up cannot be
 *       entered by them, or if the group is the user's private one (same number and same name as the user).
 * </ul>
 *
 * <p>Links are resolved by the caller. On file systems without owner and mode in the POSIX sense, as on Windows, everything
 * passes: there the user's profile is protected by access control lists.
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
     * What a file system says of a path.
     *
     * @param uid the owner's number
     * @param gid the group's number
     * @param owner the owner's name
     * @param group the group's name
     * @param mode the permission bits, with the sticky bit
     */
    record Facts(int uid, int gid, String owner, String group, int mode) {}

    /** Where the facts come from. */
    interface View {

        /** The facts of a path itself, not of what it links to; empty where the file system has none. */
        Optional<Facts> of(Path path) throws IOException;

        /** The number of the user that this process runs as. */
        int user() throws IOException;
    }

    /** The facts of this machine's file systems. */
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

    /** This user's, on this machine. */
    static final Ownership HERE = new Ownership(new OfThisMachine());

    private final View view;

    Ownership(View view) {
        this.view = view;
    }

    /**
     * Why a file outside the cache is not to be used. It is judged as the folders above it are.
     *
     * @param file an existing file; a link is resolved
     * @return the reason with the remedy; empty when it may be used
     * @throws IOException when owner or mode cannot be read
     */
    public static Optional<String> problemOf(Path file) throws IOException {
        return HERE.ofParent(file.toRealPath());
    }

    /**
     * Why a folder outside the cache is not to be used for files.
     *
     * @param folder an existing folder; a link is resolved
     * @return the reason with the remedy; empty when it may be used
     * @throws IOException when owner or mode cannot be read
     */
    public static Optional<String> problemOfFolder(Path folder) throws IOException {
        return HERE.ofFolder(folder.toRealPath());
    }

    /** Why a file is not to be used, given its real path. */
    Optional<String> ofFile(Path file) throws IOException {
        Optional<String> ofFolder = ofFolder(file.getParent());
        return ofFolder.isPresent() ? ofFolder : leaf(file);
    }

    /** Why a folder is not to be used for files, given its real path. */
    Optional<String> ofFolder(Path folder) throws IOException {
        Optional<String> above = folder.getParent() == null ? Optional.empty() : ofParent(folder.getParent());
        return above.isPresent() ? above : leaf(folder);
    }

    /** Why a folder is not to be used for a folder of one's own, given its real path. */
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
