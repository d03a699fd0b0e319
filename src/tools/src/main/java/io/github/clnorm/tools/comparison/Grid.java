package io.github.clnorm.tools.comparison;

import java.util.List;

/**
 * A table as every form of a comparison shows it.
 *
 * @param names the heads of the columns that say what a line is
 * @param columns the heads of the columns with figures
 * @param lines with a cell for each of the two
 */
public record Grid(List<String> names, List<String> columns, List<Line> lines) {

    /**
     * A line.
     *
     * @param names what it is
     * @param cells figures, or in a word why there are none
     */
    public record Line(List<String> names, List<Cell> cells) {}

    /**
     * A cell.
     *
     * @param text for people
     * @param best whether it is the best of its line, or as good as the best
     */
    public record Cell(String text, boolean best) {

        static Cell plain(String text) {
            return new Cell(text, false);
        }
    }
}
