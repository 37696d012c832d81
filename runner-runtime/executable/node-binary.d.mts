export declare const NODE_VERSION: string;
export declare function nodeBinary(arch: string): Promise<string>;
