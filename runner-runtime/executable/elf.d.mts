export declare function withoutSymbols(file: Buffer): Buffer;
export declare function glibcOf(file: Buffer): string;
export declare function compareVersions(one: string, other: string): number;
