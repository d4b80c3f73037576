import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';

/** A column: what is shown, and what it is sorted by. Without `sortBy` it cannot be sorted. */
export interface Column<Row> {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  sortBy?: (row: Row) => string | number;
  /** Figures stand right. */
  align?: 'right';
  /** Left out on narrow screens. */
  wideOnly?: boolean;
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

/** A table that is sorted by a click on a column's head. The first column names the row. */
export function DataTable<Row extends object>({
  caption,
  columns,
  rows,
  rowKey,
}: {
  /** What the table holds, for those who do not see it. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}): ReactNode {
  const [sorting, setSorting] = useState<SortingState>([]);
  const definitions = useMemo(
    () =>
      columns.map(
        ({ id, sortBy }): ColumnDef<typeof features, Row> => ({
          id,
          accessorFn: sortBy ?? (() => ''),
          enableSorting: sortBy !== undefined,
        }),
      ),
    [columns],
  );
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({
    features,
    columns: definitions,
    data,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: rowKey,
  });
  const byId = new Map(columns.map((column) => [column.id, column]));
  return (
    // A wide table scrolls by itself; the keyboard must be able to reach it then.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to take the focus
    <section className="table-scroll" tabIndex={0} aria-label={caption}>
      <table>
        <thead>
          <tr>
            {table.getHeaderGroups()[0]?.headers.map((header) => {
              const column = byId.get(header.column.id);
              if (column === undefined) return null;
              const sorted = header.column.getCanSort() ? header.column.getIsSorted() : undefined;
              return (
                <th
                  key={header.id}
                  scope="col"
                  className={classes(column)}
                  aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined}
                >
                  {sorted === undefined ? (
                    column.header
                  ) : (
                    <button type="button" className="sort" onClick={() => header.column.toggleSorting()}>
                      {column.header}
                      <span aria-hidden="true">{sorted === 'asc' ? ' ↑' : sorted === 'desc' ? ' ↓' : ''}</span>
                    </button>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {columns.map((column, at) =>
                at === 0 ? (
                  <th key={column.id} scope="row" className={classes(column)}>
                    {column.cell(row.original)}
                  </th>
                ) : (
                  <td key={column.id} className={classes(column)}>
                    {column.cell(row.original)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function classes({ align, wideOnly }: Pick<Column<never>, 'align' | 'wideOnly'>): string | undefined {
  const names = [align === 'right' ? 'right' : '', wideOnly === true ? 'wide-only' : ''].filter((name) => name !== '');
  return names.length === 0 ? undefined : names.join(' ');
}
