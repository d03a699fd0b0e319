package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.compilers.Instruction.Kind;
import io.github.clnorm.tools.compilers.Instruction.Wait;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads LLVM's assembly of AMD's GPUs. Thread-safe. */
final class AmdAssembly {

    private static final Pattern LABEL = Pattern.compile("^(\\.L\\w+):");
    private static final Pattern ACCESS =
            Pattern.compile("(?:global|flat|buffer)_(load|store)_(?:[a-z]*)(?:d16_)?(?:hi_)?([a-z]*\\d*(?:x\\d)?).*");
    private static final Pattern WIDTH = Pattern.compile(
            "(?:global|flat|buffer)_(?:load|store)_(?:d16_|short_d16|byte_d16)?(?:hi_)?(dwordx\\d|dword|ushort|sshort|short|ubyte|sbyte|byte|[buif]\\d+)?.*");
    private static final Pattern OUTSTANDING = Pattern.compile("vmcnt\\((\\d+)\\)");
    /** The first constant of LLVM's expansion of a 64-bit division. */
    private static final String DIVISION = "0x5f7ffffc";

    private static final Map<String, Integer> BYTES = Map.ofEntries(
            Map.entry("dword", 4),
            Map.entry("dwordx2", 8),
            Map.entry("dwordx3", 12),
            Map.entry("dwordx4", 16),
            Map.entry("ushort", 2),
            Map.entry("sshort", 2),
            Map.entry("short", 2),
            Map.entry("ubyte", 1),
            Map.entry("sbyte", 1),
            Map.entry("byte", 1));

    private AmdAssembly() {}

    /**
     * The instructions of a kernel.
     *
     * @param assembly the text of a program
     * @param kernel the kernel's name
     * @param target its stores count among the outstanding accesses before RDNA
     */
    static Listing read(String assembly, String kernel, Target target) {
        Listing listing = new Listing();
        boolean inside = false;
        for (String line : assembly.split("\n")) {
            if (line.startsWith(kernel + ":")) {
                inside = true;
            } else if (inside && line.startsWith(".Lfunc_end")) {
                return listing;
            } else if (inside) {
                readLine(line, listing, target);
            }
        }
        throw new IllegalArgumentException("the assembly has no kernel " + kernel);
    }

    private static void readLine(String line, Listing listing, Target target) {
        Matcher label = LABEL.matcher(line);
        if (label.find()) {
            listing.label(label.group(1));
            return;
        }
        int comment = line.indexOf(';');
        String text = (comment < 0 ? line : line.substring(0, comment)).strip();
        if (!text.isEmpty() && !text.startsWith(".") && !text.endsWith(":")) {
            listing.add(instruction(text, target));
        }
    }

    private static Instruction instruction(String text, Target target) {
        String operation = text.split("\\s", 2)[0];
        if (operation.startsWith("s_cbranch")) {
            return Instruction.branch(Kind.BRANCH, last(text));
        }
        if (operation.equals("s_branch")) {
            return Instruction.branch(Kind.JUMP, last(text));
        }
        if (operation.equals("s_endpgm")) {
            return Instruction.of(Kind.END);
        }
        if (operation.startsWith("s_waitcnt")) {
            Matcher outstanding = OUTSTANDING.matcher(text);
            boolean found = outstanding.find();
            return Instruction.of(Kind.OTHER)
                    .waiting(found ? Wait.atMost(Integer.parseInt(outstanding.group(1))) : Wait.NONE);
        }
        if (operation.startsWith("s_barrier")) {
            return Instruction.of(Kind.BARRIER);
        }
        if (operation.startsWith("ds_")) {
            return Instruction.of(Kind.LOCAL);
        }
        if (ACCESS.matcher(operation).matches()) {
            return access(operation, target);
        }
        return Instruction.of(text.contains(DIVISION) ? Kind.DIVIDE_64 : Kind.OTHER);
    }

    private static Instruction access(String operation, Target target) {
        Matcher width = WIDTH.matcher(operation);
        String type = width.matches() && width.group(1) != null ? width.group(1) : "short";
        Integer named = BYTES.get(type);
        int bytes = named != null ? named : Integer.parseInt(type.substring(1)) / Byte.SIZE;
        if (operation.contains("_load_")) {
            return Instruction.access(Kind.LOAD, bytes);
        }
        Instruction store = Instruction.access(Kind.STORE, bytes);
        return target.countsStores() ? store.withToken(Instruction.COUNTED) : store;
    }

    private static String last(String text) {
        return text.substring(text.lastIndexOf(' ') + 1);
    }
}
