package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.device.OpenClLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTest {

    @TempDir
    Path root;

    private void file(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void findsTheLoaderAndJudgesEachIcdFile() throws IOException {
        file("usr/lib/x86_64-linux-gnu/libOpenCL.so.1", "");
        file("usr/lib/x86_64-linux-gnu/libpocl.so.2", "");
        file("etc/OpenCL/vendors/a.icd", "libpocl.so.2\n");
        file("etc/OpenCL/vendors/b.icd", "libgone.so.1\n");
        file("etc/OpenCL/vendors/c.icd", "\n");
        file(
                "etc/OpenCL/vendors/d.icd",
                root.resolve("usr/lib/x86_64-linux-gnu/libpocl.so.2").toString());
        file("etc/OpenCL/vendors/readme.txt", "no driver");
        Installation installation = Installation.under(root, Map.of());
        assertEquals(
                root.resolve("usr/lib/x86_64-linux-gnu/libOpenCL.so.1"),
                installation.loader().orElseThrow());
        List<IcdFile> files = installation.icdFiles();
        assertEquals(4, files.size());
        assertNull(files.get(0).problem());
        assertTrue(files.get(1).problem().contains("libgone.so.1"));
        assertTrue(files.get(2).problem().contains("empty"));
        assertNull(files.get(3).problem());
    }

    @Test
    void anEmptyMachineHasNothing() {
        Installation installation = Installation.under(root, Map.of());
        assertTrue(installation.loader().isEmpty());
        assertTrue(installation.icdFiles().isEmpty());
    }

    @Test
    void theEnvironmentNamesTheFolderOrOneFile() throws IOException {
        file("mine/x.icd", "libnothing.so");
        Path folder = root.resolve("mine");
        assertEquals(
                1,
                Installation.under(root, Map.of("OCL_ICD_VENDORS", folder.toString()))
                        .icdFiles()
                        .size());
        assertEquals(
                1,
                Installation.under(root, Map.of("OCL_ICD_VENDORS", folder + "/x.icd"))
                        .icdFiles()
                        .size());
    }

    @Test
    void adviceFitsTheSystem() {
        assertTrue(
                InstallAdvice.of("Linux", " ID=debian").contains("apt-get install ocl-icd-libopencl1 pocl-opencl-icd"));
        assertTrue(InstallAdvice.of("Linux", " ID=ubuntu ID_LIKE=debian").contains("apt-get"));
        assertTrue(InstallAdvice.of("Linux", " ID=fedora").contains("dnf install"));
        assertTrue(InstallAdvice.of("Linux", " ID=arch").contains("pacman"));
        assertTrue(InstallAdvice.of("Mac OS X", "").contains("built in"));
        assertTrue(InstallAdvice.of("Windows 11", "").contains("driver"));
    }

    @Test
    void aMissingLoaderIsNamedEachTime() {
        Installation installation = Installation.under(root, Map.of());
        for (int i = 0; i < 2; i++) {
            OpenClLoadException e = assertThrows(OpenClLoadException.class, installation::load);
            assertEquals(OpenClLoadException.Kind.LOADER_MISSING, e.kind());
            assertEquals("the OpenCL loader libOpenCL.so.1 is not on this machine", e.getMessage());
            assertEquals(InstallAdvice.forThisMachine(), e.remedy());
        }
    }

    @Test
    void reportsTheLinkersReasonForALoaderThatIsNoLibrary() throws IOException {
        file("usr/lib/libOpenCL.so.1", "not a library");
        Installation installation = Installation.under(root, Map.of());
        OpenClLoadException e = assertThrows(OpenClLoadException.class, installation::load);
        assertEquals(OpenClLoadException.Kind.LOADER_UNUSABLE, e.kind());
        assertTrue(
                e.getMessage().contains(root.resolve("usr/lib/libOpenCL.so.1").toString()), e.getMessage());
    }
}
