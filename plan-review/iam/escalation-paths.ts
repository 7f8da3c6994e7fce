/** Permissions that together let a principal get more than it was given. */
export interface EscalationPath {
  readonly actions: readonly string[];
  /** The service that a role is passed to, where one is. */
  readonly passedTo?: string;
  /** Whether only a grant on anything is a way up: on one thing that is named, it is ordinary. */
  readonly onlyOnAnything?: true;
}

const alone = (...actions: readonly string[]): readonly EscalationPath[] =>
  actions.map((action) => ({ actions: [action] }));

const passing = (service: string, ...actions: readonly string[]): EscalationPath => ({
  actions: ["iam:PassRole", ...actions],
  passedTo: service,
});

const onAnything = (...actions: readonly string[]): EscalationPath => ({ actions, onlyOnAnything: true });

/**
 * The known ways to escalate privileges in AWS.
 * @see https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
 * @see https://pathfinding.cloud/paths/
 */
export const escalationPaths: readonly EscalationPath[] = [
  ...alone(
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:AddUserToGroup",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UploadSSHPublicKey",
    "iam:UploadSigningCertificate",
    "iam:DeactivateMFADevice",
    "iam:PutUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachUserPolicy",
    "iam:DetachRolePolicy",
    "iam:UpdateSAMLProvider",
    "iam:CreateSAMLProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:UpdateOpenIDConnectProviderThumbprint",
    "sso:AttachManagedPolicyToPermissionSet",
    "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
    "sso:PutInlinePolicyToPermissionSet",
    "sso:CreateAccountAssignment",
    "organizations:DetachPolicy",
    "organizations:LeaveOrganization",
    "kms:PutKeyPolicy",
  ),
  passing("lambda.amazonaws.com", "lambda:CreateFunction", "lambda:InvokeFunction"),
  passing("lambda.amazonaws.com", "lambda:CreateFunction", "lambda:AddPermission"),
  passing("lambda.amazonaws.com", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
  passing("lambda.amazonaws.com", "lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"),
  passing("lambda.amazonaws.com", "lambda:UpdateFunctionConfiguration"),
  passing("ec2.amazonaws.com", "ec2:RunInstances"),
  passing("ec2.amazonaws.com", "ec2:AssociateIamInstanceProfile"),
  passing("ec2.amazonaws.com", "ec2:ReplaceIamInstanceProfileAssociation"),
  passing("ec2.amazonaws.com", "ec2:RequestSpotInstances"),
  passing("ec2.amazonaws.com", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
  passing("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
  passing("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:StartTask"),
  passing("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
  passing("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:UpdateService"),
  passing("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
  passing("cloudformation.amazonaws.com", "cloudformation:UpdateStack"),
  passing("cloudformation.amazonaws.com", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"),
  passing("cloudformation.amazonaws.com", "cloudformation:UpdateStackSet"),
  passing("codebuild.amazonaws.com", "codebuild:CreateProject", "codebuild:StartBuild"),
  passing("codebuild.amazonaws.com", "codebuild:UpdateProject", "codebuild:StartBuild"),
  passing("glue.amazonaws.com", "glue:CreateDevEndpoint"),
  passing("glue.amazonaws.com", "glue:CreateJob", "glue:StartJobRun"),
  passing("glue.amazonaws.com", "glue:UpdateJob", "glue:StartJobRun"),
  passing("glue.amazonaws.com", "glue:CreateSession", "glue:RunStatement"),
  passing("datapipeline.amazonaws.com", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
  passing(
    "sagemaker.amazonaws.com",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
  ),
  passing("sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
  passing("sagemaker.amazonaws.com", "sagemaker:CreateProcessingJob"),
  passing("states.amazonaws.com", "states:CreateStateMachine", "states:StartExecution"),
  passing("states.amazonaws.com", "states:UpdateStateMachine", "states:StartExecution"),
  passing("scheduler.amazonaws.com", "scheduler:CreateSchedule"),
  passing("ssm.amazonaws.com", "ssm:StartAutomationExecution"),
  passing("apprunner.amazonaws.com", "apprunner:CreateService"),
  passing("tasks.apprunner.amazonaws.com", "apprunner:UpdateService"),
  passing("batch.amazonaws.com", "batch:RegisterJobDefinition", "batch:SubmitJob"),
  passing("elasticmapreduce.amazonaws.com", "elasticmapreduce:RunJobFlow"),
  passing("bedrock-agentcore.amazonaws.com", "bedrock-agentcore:CreateCodeInterpreter"),
  passing("credentials.iot.amazonaws.com", "iot:CreateRoleAlias"),
  onAnything("iam:PassRole"),
  onAnything("sts:AssumeRole"),
  onAnything("lambda:UpdateFunctionCode"),
  onAnything("lambda:UpdateFunctionConfiguration"),
  onAnything("codebuild:StartBuild"),
  onAnything("codebuild:StartBuildBatch"),
  onAnything("glue:UpdateDevEndpoint"),
  onAnything("cloudformation:UpdateStack"),
  onAnything("cloudformation:ExecuteChangeSet"),
  onAnything("states:UpdateStateMachine"),
  onAnything("ssm:SendCommand"),
  onAnything("ssm:StartSession"),
  onAnything("ecs:ExecuteCommand"),
  onAnything("ec2-instance-connect:SendSSHPublicKey"),
  onAnything("ec2:ModifyInstanceAttribute"),
  onAnything("sagemaker:CreatePresignedNotebookInstanceUrl"),
  onAnything("kms:CreateGrant"),
];
