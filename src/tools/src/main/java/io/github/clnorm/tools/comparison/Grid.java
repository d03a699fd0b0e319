package io.github.clnorm.tools.comparison;

import java.util.List;

/**
 * A table that every report of a comparison shows.
 *
 * @param names the headers of the columns that name a line
 * @param columns the headers of the columns with figures
 * @param lines with a cell for each column
 */
public record Grid(List<String> names, List<String> columns, List<Line> lines) {

    /**
     * A line.
     *
     * @param names what the line is about
     * @param cells figures, or in a word why there are none
     */
    public record Line(List<String> names, List<Cell> cells) {}

    /**
     * A cell.
     *
     * @param text the shown text
     * @param best whether no cell of the line is better
     */
    public record Cell(String text, boolean best) {

        static Cell plain(String text) {
            return new Cell(text, false);
        }
    }
}
