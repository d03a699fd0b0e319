package io.github.clnorm.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Owner, group and mode of a file that is replaced, as far as the system lets this process set them. */
final class Permissions {

    private Permissions() {}

    static void keep(Path from, Path to) {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        try {
            PosixFileAttributes wanted = Files.readAttributes(from, PosixFileAttributes.class);
            PosixFileAttributes own = view.readAttributes();
            Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
            permissions.addAll(wanted.permissions());
            if (!wanted.group().equals(own.group()) && !succeeds(() -> view.setGroup(wanted.group()))) {
                asForOthers(permissions);
            }
            // The mode comes last: a change of the owner may clear bits of it, and may take the right to set it.
            succeeds(() -> view.setPermissions(permissions));
            if (!wanted.owner().equals(own.owner()) && succeeds(() -> view.setOwner(wanted.owner()))) {
                succeeds(() -> view.setPermissions(permissions));
            }
        } catch (IOException | UnsupportedOperationException e) {
            // A file system without owners and modes, such as vfat: nothing to keep.
            return;
        }
    }

    /** The file has another group now, which gets no rights that it did not have. */
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
