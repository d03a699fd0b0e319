package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Copies owner, group and mode of a replaced file, as far as the system permits. */
final class Permissions {

    private Permissions() {}

    static void keep(Path from, Path to) {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        try {
            keep(Files.readAttributes(from, PosixFileAttributes.class), view);
        } catch (IOException | UnsupportedOperationException e) {
            // The file system has no owners and modes.
            return;
        }
    }

    /** Ignores what the system refuses: vfat has no modes, and only the superuser can change owners. */
    static void keep(PosixFileAttributes wanted, PosixFileAttributeView view) throws IOException {
        PosixFileAttributes own = view.readAttributes();
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        permissions.addAll(wanted.permissions());
        if (!wanted.group().equals(own.group()) && !succeeds(() -> view.setGroup(wanted.group()))) {
            asForOthers(permissions);
        }
        succeeds(() -> view.setPermissions(permissions));
        // The owner comes last: after that, the mode may no longer be set. The system may clear bits of the mode.
        if (!wanted.owner().equals(own.owner()) && succeeds(() -> view.setOwner(wanted.owner()))) {
            succeeds(() -> view.setPermissions(permissions));
        }
    }

    /** The new file has a different group, which must not get more rights than all users have. */
    private static void asForOthers(Set<PosixFilePermission> permissions) {
        restrict(permissions, PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);
        restrict(permissions, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
        restrict(permissions, PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);
    }

    private static void restrict(
            Set<PosixFilePermission> permissions, PosixFilePermission group, PosixFilePermission others) {
        if (!permissions.contains(others)) {
            permissions.remove(group);
        }
    }

    private interface Change {
        void run() throws IOException;
    }

    private static boolean succeeds(Change change) {
        try {
            change.run();
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
