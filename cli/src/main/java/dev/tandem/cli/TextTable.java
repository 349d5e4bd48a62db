package dev.tandem.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows of text in columns as wide as their widest cell. */
final class TextTable {
    private final List<String[]> rows = new ArrayList<>();
    private final Set<Integer> right;

    /** @param right indices of the columns that are aligned to the right, as numbers are */
    TextTable(Set<Integer> right, String... head) {
        this.right = right;
        rows.add(head);
    }

    TextTable row(String... cells) {
        rows.add(cells);
        return this;
    }

    @Override
    public String toString() {
        int[] widths = new int[rows.get(0).length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                String padding = " ".repeat(widths[i] - row[i].length());
                line.append(right.contains(i) ? padding + row[i] : row[i] + padding)
                        .append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
