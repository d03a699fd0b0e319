/** Comparisons for people elsewhere: a page, a table for an issue, rows for a spreadsheet. */
package io.github.clnorm.tools.report;
