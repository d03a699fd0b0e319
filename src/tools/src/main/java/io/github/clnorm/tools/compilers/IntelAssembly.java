package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import io.github.clnorm.tools.compilers.Instruction.Wait;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the assembly of Intel's GPUs as {@code ocloc disasm} prints it. An access has a token, such as {@code $7}. An
 * instruction with {@code $7.dst} waits for it. Thread-safe.
 */
final class IntelAssembly {

    private static final Pattern LABEL = Pattern.compile("^(L\\d+):");
    private static final Pattern PREDICATE = Pattern.compile("^(\\([^)]*\\))\\s*");
    private static final Pattern SET = Pattern.compile("[{,]\\$(\\d+)[,}]");
    private static final Pattern AWAITED = Pattern.compile("\\$(\\d+)\\.dst");
    private static final Pattern LISTED = Pattern.compile("\\$(\\d+)");
    /** A message of the units of newer devices: {@code load.ugm.d32x4.a64}. */
    private static final Pattern MESSAGE = Pattern.compile(
            "(load|store)(?:_quad|_strided|_block)?\\.(ugm|slm)\\.d(\\d+)(?:u\\d+)?(?:x(\\d+))?(t?)\\b.*");
    /** Messages of older ones: {@code untyped surface read with xyzw}, {@code byte gathering read 16b}. */
    private static final Pattern DWORDS =
            Pattern.compile("(?:a64 )?(?:untyped surface|[dq]word \\w+ing) (read|write).*");

    private static final Pattern BYTES = Pattern.compile("(?:a64 )?byte \\w+ing (read|write) (\\d+)b.*");
    /** Registers of a message, written and read, which all work-items of the thread share. */
    private static final Pattern REGISTERS = Pattern.compile("wr:\\d+h?\\+(\\d+), rd:(\\d+)");

    private static final Pattern WIDTH = Pattern.compile("\\((\\d+)\\|M\\d+\\)");
    private static final Pattern DESCRIPTOR = Pattern.compile("0x[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})\\b(?!.*0x)");
    private static final int REGISTER_BYTES = 32;
    private static final String LOCAL_SURFACE = "fe";

    private IntelAssembly() {}

    /** The instructions of a kernel. */
    static Listing read(String assembly) {
        Listing listing = new Listing();
        for (String line : assembly.split("\n")) {
            Matcher label = LABEL.matcher(line);
            if (label.find()) {
                listing.label(label.group(1));
            } else if (!line.isBlank()) {
                listing.add(instruction(line.strip()));
            }
        }
        return listing;
    }

    private static Instruction instruction(String line) {
        Matcher predicate = PREDICATE.matcher(line);
        // (W) enables all channels: it is no condition.
        boolean guarded = predicate.find() && !predicate.group(1).equals("(W)");
        String text = predicate.replaceFirst("");
        int about = text.indexOf("//");
        String message = about < 0 ? "" : text.substring(about + 2).strip();
        String code = about < 0 ? text : text.substring(0, about);
        String operation = code.split("\\s", 2)[0].toLowerCase(Locale.ROOT);
        return kind(operation, guarded, code, message).waiting(waiting(operation, code));
    }

    private static Instruction kind(String operation, boolean guarded, String code, String message) {
        Instruction jump = jump(operation, guarded, code);
        if (jump != null) {
            return jump;
        }
        if (!operation.startsWith("send")) {
            return Instruction.of(Kind.OTHER);
        }
        if (message.contains("end of thread")) {
            return Instruction.of(Kind.END);
        }
        if (message.contains("signal barrier")) {
            return Instruction.of(Kind.BARRIER);
        }
        Instruction access = access(code, message);
        Matcher token = SET.matcher(code);
        return token.find() ? access.withToken(Integer.parseInt(token.group(1))) : access;
    }

    /**
     * A branch, or null. It names where work-items continue if none runs on, and then where those that leave go: for
     * {@code if} the first is the other branch, for the rest the second is the way out.
     */
    private static Instruction jump(String operation, boolean guarded, String code) {
        String[] words = code.strip().replaceAll("\\s*\\{[^}]*}$", "").split("\\s+");
        String last = words[words.length - 1];
        return switch (operation) {
            case "if" -> Instruction.branch(Kind.BRANCH, words[words.length - 2]);
                // Falls through when all work-items have left the loop.
            case "while" -> Instruction.branch(Kind.BRANCH, last);
            case "goto", "goto.b", "jmpi", "else", "break", "cont" -> Instruction.branch(
                    guarded ? Kind.BRANCH : Kind.JUMP, last);
            default -> null;
        };
    }

    private static Instruction access(String code, String message) {
        String text = message.substring(message.lastIndexOf(';') + 1).strip().toLowerCase(Locale.ROOT);
        Matcher newer = MESSAGE.matcher(text);
        if (newer.matches()) {
            int values = newer.group(4) == null ? 1 : Integer.parseInt(newer.group(4));
            int bytes = values * Integer.parseInt(newer.group(3)) / Byte.SIZE;
            return newer.group(2).equals("slm")
                    ? Instruction.of(Kind.LOCAL)
                    : global(newer.group(1).equals("load"), newer.group(5).isEmpty() ? bytes : 0);
        }
        Matcher dwords = DWORDS.matcher(text);
        Matcher bytes = BYTES.matcher(text);
        if (dwords.matches()) {
            boolean load = dwords.group(1).equals("read");
            return isLocal(code) ? Instruction.of(Kind.LOCAL) : global(load, registerBytes(code, message, load));
        }
        if (bytes.matches()) {
            int size = Integer.parseInt(bytes.group(2)) / Byte.SIZE;
            return isLocal(code)
                    ? Instruction.of(Kind.LOCAL)
                    : global(bytes.group(1).equals("read"), size);
        }
        return Instruction.of(Kind.OTHER);
    }

    /** Bytes of each work-item in a message that moves whole registers. */
    private static int registerBytes(String code, String message, boolean load) {
        Matcher registers = REGISTERS.matcher(message);
        Matcher width = WIDTH.matcher(code);
        if (!registers.find() || !width.find()) {
            throw new IllegalArgumentException("an access without a size: " + code + message);
        }
        return Integer.parseInt(registers.group(load ? 2 : 1)) * REGISTER_BYTES / Integer.parseInt(width.group(1));
    }

    private static Instruction global(boolean load, int bytes) {
        // 0 where the whole thread shares the data.
        return bytes == 0 ? Instruction.of(Kind.OTHER) : Instruction.access(load ? Kind.LOAD : Kind.STORE, bytes);
    }

    /** Whether the last byte of the descriptor names local memory. */
    private static boolean isLocal(String code) {
        Matcher descriptor = DESCRIPTOR.matcher(code);
        return descriptor.find() && descriptor.group(1).toLowerCase(Locale.ROOT).equals(LOCAL_SURFACE);
    }

    private static Wait waiting(String operation, String code) {
        if (operation.startsWith("sync.all")) {
            Set<Integer> listed = tokens(LISTED, code);
            // sync.allrd waits until data to be stored has been read, which no load depends on.
            return operation.equals("sync.allrd") ? Wait.NONE : listed.isEmpty() ? Wait.ALL : Wait.tokens(listed);
        }
        return Wait.tokens(tokens(AWAITED, code));
    }

    private static Set<Integer> tokens(Pattern pattern, String code) {
        Set<Integer> found = new HashSet<>();
        Matcher matcher = pattern.matcher(code);
        while (matcher.find()) {
            found.add(Integer.parseInt(matcher.group(1)));
        }
        return found;
    }
}
