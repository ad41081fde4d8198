// SPDX-License-Identifier: GPL-2.0-or-later
// What a dashboard of ours may contain, put together from the types that Grafana publishes for its own (@grafana/schema): an option that
// a panel of that kind does not have, a word that no enumeration knows, or a key of the wrong type is an error of the compiler.
import type { AnnotationQuery, Dashboard, DataQuery, DataSourceRef, FieldConfigSource, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type { FieldConfig as TimeSeriesField, Options as TimeSeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { FieldConfig as HeatmapField, Options as HeatmapOptions } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as BarGaugeOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { FieldConfig as TableField, Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';

// Enumerations by their values, as JSON has them; null where Grafana takes it for "not set".
type Json<T> = T extends string ? `${T}` : T extends number ? `${T}` extends `${infer N extends number}` ? N : T
    : T extends boolean | null | undefined ? T : { [K in keyof T]: Json<T[K]> };

// The query of Prometheus' data source, which lives in a package of its own.
interface PrometheusQuery extends DataQuery {
    expr: string;
    legendFormat?: string;
    format?: 'time_series' | 'table' | 'heatmap';
    editorMode?: 'code' | 'builder';
    range?: boolean;
    instant?: boolean;
}
interface PrometheusAnnotation {
    expr: string;
    step?: string;
    titleFormat?: string;
    textFormat?: string;
    useValueForTime?: boolean;
}
interface QueryVariable {
    definition?: string;
}

interface FieldsWith<Custom> extends FieldConfigSource {
    defaults: FieldConfigSource['defaults'] & { custom: Partial<Custom> };
}
type Of<Kind extends string, Options, Custom> = Omit<Panel, 'type' | 'options' | 'targets' | 'fieldConfig' | 'datasource'> & {
    type: Kind;
    title: string;
    description: string;
    datasource: DataSourceRef;
    options: Partial<Options>;
    fieldConfig: FieldsWith<Custom>;
    targets: PrometheusQuery[];
};
type OurPanel = RowPanel | Of<'timeseries', TimeSeriesOptions, TimeSeriesField> | Of<'stat', StatOptions, {}> | Of<'bargauge', BarGaugeOptions, {}>
    | Of<'table', TableOptions, TableField> | Of<'heatmap', HeatmapOptions, HeatmapField>;

export type OurDashboard = Json<Omit<Dashboard, 'panels' | 'templating' | 'annotations'> & {
    uid: string;
    panels: OurPanel[];
    templating: { list: (VariableModel & QueryVariable)[] };
    annotations: { list: (AnnotationQuery & PrometheusAnnotation)[] };
}>;
